import { Alert, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { KeyRound, LogIn } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, client } from "@/api/client";
import { sentence } from "@/api/problem";
import { SoloCard } from "@/components/SoloCard";
import { hasPasskeys } from "@/components/webauthn";
import { SecondStep } from "./SecondStep";
import { type Login, useLogin } from "./useLogin";

/** Why somebody came back from the OpenID provider without being logged in. */
const FAILED: Record<string, string> = {
  astray: "That login did not begin in this browser, or took too long. Try again.",
  provider: "The provider could not be used. Log in with your password, or ask an admin to look at the log of MCPbox.",
  not_listed: "The provider knows you, but you may not come in here. Ask an admin to add your verified e-mail address or one of your groups.",
  linked_elsewhere: "That account of the provider belongs to another account here.",
};

/** User name and password, a passkey, or the OpenID provider. */
export function LoginPage() {
  const { next = "/", failed } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  const login = useLogin(() => navigate({ href: next }));
  if (login.asked) {
    return (
      <SoloCard title="One more step" intro="Your password is right. This account wants a second proof.">
        <SecondStep asked={login.asked} login={login} />
      </SoloCard>
    );
  }
  return (
    <SoloCard title="Log in" intro="Review and run what your LLM forges.">
      <Stack>
        {failed && login.error === undefined && (
          <Alert color="bad" role="alert">
            {FAILED[failed]}
          </Alert>
        )}
        <PasswordForm login={login} />
        <OtherWays login={login} />
      </Stack>
    </SoloCard>
  );
}

function PasswordForm({ login }: { login: Login }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void login.withPassword(username, password);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {login.error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(login.error)}
          </Alert>
        )}
        <TextInput label="User name" name="username" autoComplete="username webauthn" value={username} onChange={(event) => setUsername(event.currentTarget.value)} maxLength={64} required autoFocus />
        <PasswordInput label="Password" name="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} required />
        <Button type="submit" loading={login.isBusy}>
          Log in
        </Button>
      </Stack>
    </form>
  );
}

/** What there is beside the password, as soon as the server told. */
function OtherWays({ login }: { login: Login }) {
  const { data: ways } = api.useQuery("get", "/api/session/ways");
  const [error, setError] = useState<unknown>();
  const offersPasskeys = ways?.passkeys && hasPasskeys();
  if (!offersPasskeys && !ways?.oidc) return null;
  const toProvider = async () => {
    try {
      const { data } = await client.POST("/api/session/oidc");
      if (data) window.location.assign(data.url);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      <Text c="dimmed" size="sm" ta="center">
        or
      </Text>
      {error !== undefined && (
        <Alert color="bad" role="alert">
          {sentence(error)}
        </Alert>
      )}
      {offersPasskeys && (
        <Button variant="default" leftSection={<KeyRound size={18} />} onClick={() => void login.withPasskey()} disabled={login.isBusy}>
          Log in with a passkey
        </Button>
      )}
      {ways.oidc && (
        <Button variant="default" leftSection={<LogIn size={18} />} onClick={() => void toProvider()} disabled={login.isBusy}>
          Log in with {ways.oidc}
        </Button>
      )}
    </>
  );
}
