import { Button, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useStatus } from "@/api/status";
import { SecondStep } from "@/pages/login/SecondStep";
import { type Login, useLogin } from "@/pages/login/useLogin";

/** Asks for the password over the page that is open, so that nothing typed there is lost. */
export function SessionDialog() {
  const { sessionEnded } = useStatus();
  const login = useLogin(() => undefined, true);
  return (
    <Modal opened={sessionEnded} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title="Your session has ended">
      <Stack>
        {login.asked ? <SecondStep asked={login.asked} login={login} /> : <PasswordForm login={login} />}
        <Button component="a" href="/login" variant="subtle" color="gray">
          Use another account, or another way
        </Button>
      </Stack>
    </Modal>
  );
}

function PasswordForm({ login }: { login: Login }) {
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const account = queries.getQueryData<Schema["Account"]>(api.queryOptions("get", "/api/session").queryKey);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void login.withPassword(account?.username ?? "", password);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>Log in again to go on where you were. Nothing on this page is lost.</Text>
        <input type="text" name="username" autoComplete="username" value={account?.username ?? ""} readOnly hidden />
        <PasswordInput
          label={`Password of ${account?.username ?? "your account"}`}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={login.error === undefined ? undefined : sentence(login.error)}
          required
          data-autofocus
        />
        <Button type="submit" loading={login.isBusy}>
          Log in
        </Button>
      </Stack>
    </form>
  );
}
