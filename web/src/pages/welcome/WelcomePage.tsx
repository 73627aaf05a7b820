import { Alert, Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { SoloCard } from "@/components/SoloCard";
import { SecondStep } from "@/pages/login/SecondStep";
import { useLogin } from "@/pages/login/useLogin";

const LEAST = 8;

/** Sets the password of an account with the one-time link of an admin. */
export function WelcomePage() {
  const [token] = useState(takeToken);
  const look = api.useMutation("post", "/api/invitation");
  const { mutate } = look;
  useEffect(() => {
    if (token) mutate({ body: { token } });
  }, [mutate, token]);
  if (!token || look.isError) {
    return (
      <SoloCard title="This link does not work" intro={look.isError ? sentence(look.error) : "It is not whole: open it exactly as you were given it."}>
        <Button component="a" href="/login" variant="default">
          To the login
        </Button>
      </SoloCard>
    );
  }
  if (!look.data) return null;
  return <Welcome token={token} username={look.data.username} />;
}

function Welcome({ token, username }: { token: string; username: string }) {
  const navigate = useNavigate();
  const login = useLogin(() => navigate({ to: "/" }));
  const [password, setPassword] = useState("");
  const [isTried, setTried] = useState(false);
  const isShort = password.length < LEAST;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isShort) void login.withLink(token, password);
  };
  if (login.asked) {
    return (
      <SoloCard title="One more step" intro="Your password is set. This account wants a second proof.">
        <SecondStep asked={login.asked} login={login} />
      </SoloCard>
    );
  }
  return (
    <SoloCard title={`Welcome, ${username}`} intro="Choose the password of your account on this MCPbox.">
      <form onSubmit={submit}>
        <Stack>
          {login.error !== undefined && (
            <Alert color="bad" role="alert">
              {sentence(login.error)}
            </Alert>
          )}
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="new-password"
            description={`${LEAST} characters or more. A sentence works well.`}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={isTried && isShort ? `${LEAST - password.length} more characters` : undefined}
            required
            autoFocus
          />
          <Button type="submit" loading={login.isBusy}>
            Set the password and log in
          </Button>
          <Text size="xs" c="dimmed">
            The link works once.
          </Text>
        </Stack>
      </form>
    </SoloCard>
  );
}

/** The token of the link. It leaves the address at once. */
function takeToken(): string | undefined {
  const given = new URLSearchParams(window.location.hash.slice(1)).get("token") ?? undefined;
  window.history.replaceState(window.history.state, "", window.location.pathname);
  return given;
}
