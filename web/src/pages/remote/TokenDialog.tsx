import { Alert, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeBlock } from "@/components/CodeBlock";
import { CodeName } from "@/components/CodeName";
import { Dialog } from "@/components/Dialog";
import { expiresAt, isWhole } from "@/components/term";
import { TermField } from "@/components/TermField";
import { scopesOf } from "./scopes";

/** Makes a token and shows it, once. */
export default function TokenDialog({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Schema["MadeToken"]>();
  return (
    <Dialog opened onClose={onClose} title={made ? `Token ${made.token.name}` : "New token"}>
      {made ? <Made secret={made.secret} onClose={onClose} /> : <Form onMade={setMade} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ onMade, onClose }: { onMade: (made: Schema["MadeToken"]) => void; onClose: () => void }) {
  const { data: servers } = api.useQuery("get", "/api/servers", { params: { query: { page_size: 100 } } });
  const [name, setName] = useState("");
  const [calls, setCalls] = useState(true);
  const [author, setAuthor] = useState(false);
  const [isLimited, setLimited] = useState(false);
  const [chosen, setChosen] = useState<string[]>([]);
  const [term, setTerm] = useState("30");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly();
  const scopes = scopesOf({ tools: calls, author, servers: calls && isLimited ? chosen : [] });
  const isReady = name.trim() !== "" && scopes.length > 0 && isWhole(term) && !(calls && isLimited && chosen.length === 0);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { data } = await client.POST("/api/tokens", { body: { name, scopes, expires_at: expiresAt(term) } });
      if (data) onMade(data);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        <TextInput label="What is it for?" description="Records name it, together with you." placeholder="laptop" value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={60} required data-autofocus />
        <Stack gap={8} role="group" aria-label="What it may do">
          <Checkbox label="Call tools" checked={calls} onChange={(event) => setCalls(event.currentTarget.checked)} />
          <Checkbox label="Write tools" description="Drafts, tests and requests. You still approve each before it runs for real." checked={author} onChange={(event) => setAuthor(event.currentTarget.checked)} />
        </Stack>
        {calls && (
          <Checkbox label="Only on some servers" description="It does not see that others exist." checked={isLimited} onChange={(event) => setLimited(event.currentTarget.checked)} disabled={servers?.items.length === 0} />
        )}
        {calls && isLimited && (
          <Checkbox.Group value={chosen} onChange={setChosen} aria-label="Servers">
            <Stack gap={8} pl={28}>
              {servers?.items.map(({ name: server }) => (
                <Checkbox key={server} value={server} label={<CodeName>{server}</CodeName>} />
              ))}
            </Stack>
          </Checkbox.Group>
        )}
        <TermField label="How long?" value={term} onChange={setTerm} />
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={!isReady || whyNot !== undefined}>
            Make token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Made({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Stack>
      <Text>Copy it now: it is kept as a hash only, so nobody can show it again.</Text>
      <CodeBlock code={secret} label="the token" />
      <Text size="sm" c="dimmed">
        The client sends it with every request, in the header <CodeName>Authorization: Bearer …</CodeName>. Over stdio, <CodeName>mcpbox connect</CodeName> takes it from <CodeName>MCPBOX_TOKEN</CodeName>.
      </Text>
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          I have it
        </Button>
      </Group>
    </Stack>
  );
}
