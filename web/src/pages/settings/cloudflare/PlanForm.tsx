import { Alert, Button, Group, Paper, PasswordInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { PERMISSIONS, type Setup } from "./steps";

interface Props {
  setup: Setup;
  onDone: () => void;
  onCancel?: (() => void) | undefined;
}

/** What is to be made, and the token to make it with. Nothing is sent to Cloudflare before a step is done. */
export function PlanForm({ setup: { plan, has_token: hasToken }, onDone, onCancel }: Props) {
  const [name, setName] = useState(plan?.name ?? "mcpbox");
  const [emails, setEmails] = useState(plan?.emails.join("\n") ?? "");
  const [account, setAccount] = useState(plan?.account_id ?? "");
  const [gateway, setGateway] = useState(plan ? `${plan.gateway_host}:${plan.gateway_port}` : "127.0.0.1:8002");
  const [token, setToken] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const [host, port] = gateway.split(":");
    try {
      await client.PUT("/api/cloudflare", {
        body: {
          name: name.trim(),
          emails: emails.split(/[\s,;]+/).filter(Boolean),
          gateway_host: host ?? "",
          gateway_port: Number(port) || 0,
          ...(account.trim() && { account_id: account.trim() }),
          ...(token && { token }),
        },
      });
      onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Paper p="md">
      <form onSubmit={submit} autoComplete="off">
        <Stack>
          <Text c="dimmed">
            Nothing is sent before you say so: the next page shows every request first. You need a Cloudflare account with a workers.dev subdomain and Zero Trust switched on; the free plans are enough.
          </Text>
          <TextInput label="Name" description="Of everything that is made. The Worker answers at https://NAME.YOUR-SUBDOMAIN.workers.dev." value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={40} autoComplete="off" spellCheck={false} required />
          <Textarea label="Who may sign in" description="E-mail addresses, one a line. Access asks each for a code or your identity provider, and this box checks the list again." value={emails} onChange={(event) => setEmails(event.currentTarget.value)} autosize minRows={2} maxRows={8} spellCheck={false} required />
          <PasswordInput
            label={hasToken ? "New API token" : "API token"}
            description={hasToken ? "One is kept; leave this empty to keep it." : "Make one under My Profile, API Tokens, Create Custom Token. It is kept encrypted until you have it forgotten."}
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            required={!hasToken}
          />
          <div>
            <Text size="sm">It needs these permissions for the account:</Text>
            <ul>
              {PERMISSIONS.map((permission) => (
                <li key={permission}>
                  <Text size="sm">{permission}</Text>
                </li>
              ))}
            </ul>
          </div>
          <TextInput label="Remote gateway" description="Where cloudflared finds it: 127.0.0.1 on the same machine, mcpbox in the compose file." value={gateway} onChange={(event) => setGateway(event.currentTarget.value)} autoComplete="off" spellCheck={false} required />
          <TextInput label="Account id" description="Only when the token sees several accounts." value={account} onChange={(event) => setAccount(event.currentTarget.value)} maxLength={32} autoComplete="off" spellCheck={false} />
          {error !== undefined && (
            <Alert color="bad" role="alert">
              {sentence(error)}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs">
            {onCancel && (
              <Button variant="default" onClick={onCancel}>
                Cancel
              </Button>
            )}
            <Button type="submit" loading={isBusy} disabled={!name.trim() || !emails.trim() || (!hasToken && !token) || whyNot !== undefined}>
              Save the plan
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
