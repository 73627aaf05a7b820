import { Button, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { setStatus, useStatus } from "@/api/status";

/** Asks for the password over the page that is open, so that nothing typed there is lost. */
export function SessionDialog() {
  const { sessionEnded } = useStatus();
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const account = queries.getQueryData<Schema["Account"]>(api.queryOptions("get", "/api/session").queryKey);
  const login = api.useMutation("post", "/api/session", {
    onSuccess: () => {
      setPassword("");
      setStatus({ sessionEnded: false });
      void queries.invalidateQueries(); // what happened meanwhile
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate({ body: { username: account?.username ?? "", password } });
  };
  return (
    <Modal opened={sessionEnded} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title="Your session has ended">
      <form onSubmit={submit}>
        <Stack>
          <Text>Log in again to go on where you were. Nothing on this page is lost.</Text>
          <input type="text" name="username" autoComplete="username" value={account?.username ?? ""} readOnly hidden />
          <PasswordInput
            label={`Password of ${account?.username ?? "your account"}`}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={login.isError ? sentence(login.error) : undefined}
            required
            data-autofocus
          />
          <Button type="submit" loading={login.isPending}>
            Log in
          </Button>
          <Button component="a" href="/login" variant="subtle" color="gray">
            Use another account
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
