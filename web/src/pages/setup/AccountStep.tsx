import { Alert, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { CodeBlock } from "@/components/CodeBlock";
import { SoloCard } from "@/components/SoloCard";

const PASSWORD_MIN = 10;

/** Makes the first admin. Needs the token of the link that the server printed. */
export function AccountStep({ token, onDone }: { token: string | undefined; onDone: () => void }) {
  if (!token) return <TokenMissing />;
  return (
    <SoloCard title="Welcome to MCPbox" intro="Your LLM forges its own tools; you decide which of them run. First, who are you?">
      <AccountForm token={token} onDone={onDone} />
    </SoloCard>
  );
}

function AccountForm({ token, onDone }: { token: string; onDone: () => void }) {
  const queries = useQueryClient();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isTried, setTried] = useState(false);
  const setup = api.useMutation("post", "/api/setup", {
    onSuccess: ({ user }) => {
      queries.setQueryData(api.queryOptions("get", "/api/session").queryKey, user);
      onDone();
    },
  });
  const isShort = password.length < PASSWORD_MIN;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isShort) setup.mutate({ body: { username, password, token } });
  };
  return (
    <form onSubmit={submit} noValidate={username !== ""}>
      <Stack>
        {setup.isError && (
          <Alert color="bad" role="alert">
            {sentence(setup.error)}
          </Alert>
        )}
        <TextInput label="User name" name="username" autoComplete="username" value={username} onChange={(event) => setUsername(event.currentTarget.value)} maxLength={64} required autoFocus />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="new-password"
          description={`${PASSWORD_MIN} characters or more. A sentence works well.`}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={isTried && isShort ? `${PASSWORD_MIN - password.length} more characters` : undefined}
          required
        />
        <Button type="submit" loading={setup.isPending}>
          Create the admin account
        </Button>
        <Text size="xs" c="dimmed">
          The account lives on this machine only.
        </Text>
      </Stack>
    </form>
  );
}

function TokenMissing() {
  return (
    <SoloCard title="Set up MCPbox" intro="This box has no admin yet. To prove that it is yours, do one of these:">
      <Stack gap={8}>
        <Text>Open the setup link that MCPbox printed when it started. It looks like this address, with a token at its end.</Text>
        <Text mt="xs">Or make the account in a terminal on that machine, then log in here:</Text>
        <CodeBlock code="mcpbox admin create" label="the command" />
        <Button component="a" href="/login" variant="default" mt="xs">
          I made the account: log in
        </Button>
      </Stack>
    </SoloCard>
  );
}
