import { Alert, Badge, Button, Checkbox, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toast";
import { rightsOf } from "./scopes";

type Request = Schema["WaitingRequest"];

/** Clients at the door. Who allows one has compared the code with that of the browser. */
export function Waiting() {
  const { data } = api.useSuspenseQuery("get", "/api/oauth/requests", { params: { query: { page_size: 100 } } });
  if (data.items.length === 0) return null;
  return (
    <Section title="Waiting for you">
      <Stack>
        {data.items.map((request) => (
          <Asks key={request.id} request={request} />
        ))}
      </Stack>
    </Section>
  );
}

function Asks({ request }: { request: Request }) {
  const [code, setCode] = useState("");
  const [scopes, setScopes] = useState<string[]>(request.scopes);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly();
  const params = { path: { id: request.id } };
  const decide = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      toast(done);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const allow = (event: FormEvent) => {
    event.preventDefault();
    void decide(() => client.POST("/api/oauth/requests/{id}/approve", { params, body: { code, scopes } }), "Allowed: its browser goes on by itself");
  };
  const deny = () => void decide(() => client.POST("/api/oauth/requests/{id}/deny", { params }), "Refused");
  return (
    <Paper p="md" component="form" onSubmit={allow} aria-label={`Request of ${request.client_name}`} autoComplete="off">
      <Stack gap={12}>
        <Group gap={8}>
          <Text fw={500}>
            <HostileText text={request.client_name} limit={100} /> asks for access
          </Text>
          <Verified kind={request.client_kind} />
          <Text c="dimmed" size="sm">
            <TimeAgo at={request.created_at} />, from <HostileText text={request.origin || "an unknown address"} limit={60} />
          </Text>
        </Group>
        <Text>
          The access goes to <CodeName>{request.redirect_host}</CodeName>
          {request.is_loopback && ": any program on the machine of that browser can take it"}.
        </Text>
        <Checkbox.Group value={scopes} onChange={setScopes} label="It may">
          <Stack gap={8} mt={8}>
            {request.scopes.map((scope) => (
              <Checkbox key={scope} value={scope} label={rightsOf([scope])} />
            ))}
          </Stack>
        </Checkbox.Group>
        <TextInput label="The code that the browser shows" description="Type it from there. If you see no such page in your own browser, somebody else is asking: refuse." placeholder="BCDF-GHJK" value={code} onChange={(event) => setCode(event.currentTarget.value.toUpperCase())} classNames={{ input: "mono" }} maw={320} spellCheck={false} autoComplete="off" />
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group gap="xs">
          <Button type="submit" loading={isBusy} disabled={code.trim() === "" || scopes.length === 0 || whyNot !== undefined}>
            Allow
          </Button>
          <Button variant="default" onClick={deny} disabled={isBusy || whyNot !== undefined}>
            Refuse
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

/** Whether it is sure who asks. */
export function Verified({ kind }: { kind: Schema["ClientKind"] }) {
  if (kind === "registered") return <Badge color="warn">Name not verified</Badge>;
  return <Badge color="gray">{kind === "document" ? "Has a document" : "Entered by an admin"}</Badge>;
}
