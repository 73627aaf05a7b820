import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { setStatus } from "@/api/status";
import { SoloCard } from "@/components/SoloCard";

/** User name and password. */
export function LoginPage() {
  const { next = "/" } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const login = api.useMutation("post", "/api/session", {
    onSuccess: async ({ user }) => {
      queries.clear();
      queries.setQueryData(api.queryOptions("get", "/api/session").queryKey, user);
      setStatus({ sessionEnded: false });
      await navigate({ href: next });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate({ body: { username, password } });
  };
  return (
    <SoloCard title="Log in" intro="Review and run what your LLM forges.">
      <form onSubmit={submit}>
        <Stack>
          {login.isError && (
            <Alert color="bad" role="alert">
              {sentence(login.error)}
            </Alert>
          )}
          <TextInput label="User name" name="username" autoComplete="username" value={username} onChange={(event) => setUsername(event.currentTarget.value)} maxLength={64} required autoFocus />
          <PasswordInput label="Password" name="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} required />
          <Button type="submit" loading={login.isPending}>
            Log in
          </Button>
        </Stack>
      </form>
    </SoloCard>
  );
}
