import { Alert, Button, Paper, PasswordInput, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { Problem, sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import { Proofs } from "./account/Proofs";
import { Clients } from "./Clients";
import { Sessions } from "./Sessions";

const LEAST = 8;

/** One's own sessions and password, and the clients that were here. */
export function AccountPage() {
  const { data: account } = api.useSuspenseQuery("get", "/api/session");
  return (
    <>
      <PageHeader title="Account">You are logged in as {account.username}.</PageHeader>
      <SubNav root="/settings" label="Settings" />
      <Sessions />
      <Proofs />
      <Section title="Password">
        <PasswordForm username={account.username} />
      </Section>
      <Clients />
    </>
  );
}

function PasswordForm({ username }: { username: string }) {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly("viewer");
  const save = api.useMutation("put", "/api/session/password", {
    onSuccess: async () => {
      await navigate({ to: "/login", search: { next: "/settings/account" } });
      queries.clear();
    },
  });
  const isWrong = save.error instanceof Problem && save.error.status === 401;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ body: { old, new: next } });
  };
  return (
    <Paper p="md" maw={480}>
      <form onSubmit={submit}>
        <Stack>
          <Text c="dimmed">When it is changed, all your sessions end, also this one: you log in with the new password.</Text>
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
          <PasswordInput label="Password so far" autoComplete="current-password" value={old} onChange={(event) => setOld(event.currentTarget.value)} error={isWrong ? "This is not your password." : undefined} required />
          <PasswordInput label="New password" description={`At least ${LEAST} characters.`} autoComplete="new-password" value={next} onChange={(event) => setNext(event.currentTarget.value)} minLength={LEAST} maxLength={1_024} required />
          {save.isError && !isWrong && (
            <Alert color="bad" role="alert">
              {sentence(save.error)}
            </Alert>
          )}
          <Button type="submit" loading={save.isPending} disabled={whyNot !== undefined || next.length < LEAST || old === ""} style={{ alignSelf: "flex-start" }}>
            Change the password
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}
