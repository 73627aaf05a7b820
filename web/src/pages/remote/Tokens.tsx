import { Badge, Button, Text } from "@mantine/core";
import { Clock, KeyRound, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useAll } from "@/api/all";
import { client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { useNow } from "@/components/time";
import { toast } from "@/components/toast";
import { Until } from "@/components/Until";
import { rightsOf } from "./scopes";

const TokenDialog = lazy(() => import("./TokenDialog"));

type Token = Schema["AccessToken"];

/** Tokens for clients that send a header. */
export function Tokens() {
  const tokens = useAll("/api/tokens");
  const [isMaking, setMaking] = useState(false);
  const [asked, setAsked] = useState<Token>();
  const whyNot = useWhyReadOnly();
  const columns: Column<Token>[] = [
    { label: "Token", cell: (token) => <Name token={token} /> },
    { label: "May", cell: ({ scopes }) => <Text span>{rightsOf(scopes)}</Text>, width: 220 },
    { label: "Last used", cell: ({ last_used_at: used }) => (used ? <TimeAgo at={used} /> : <Text span c="dimmed">never</Text>), width: 140 },
    { label: "Ends", cell: ({ expires_at: end }) => <Ends at={end ?? undefined} />, width: 170 },
    {
      label: "Actions",
      cell: (token) => (
        <Button variant="default" disabled={whyNot !== undefined} onClick={() => setAsked(token)} aria-label={`Revoke ${token.name}`}>
          Revoke
        </Button>
      ),
      width: 120,
    },
  ];
  const make = (
    <Button leftSection={<Plus size={16} />} onClick={() => setMaking(true)} disabled={whyNot !== undefined}>
      New token
    </Button>
  );
  const revoke = async () => {
    if (!asked) return;
    await client.DELETE("/api/tokens/{id}", { params: { path: { id: asked.id } } });
    toast(`${asked.name} is revoked`);
  };
  return (
    <Section title="Personal tokens" more={tokens.length > 0 && make}>
      <DataTable
        label="Personal tokens"
        rows={tokens}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={KeyRound} title="No token yet" action={make}>
            A token is for a client that cannot log in but can send a header: a script, a workflow, Claude Code on a server. It acts for you, with the rights you give it.
          </EmptyState>
        }
      />
      <ConfirmDialog isOpen={asked !== undefined} onClose={() => setAsked(undefined)} title={`Revoke ${asked?.name ?? ""}?`} action="Revoke" tone="bad" onConfirm={revoke}>
        Its client is refused at once, also in the middle of a call. It cannot be undone; a new token can be made.
      </ConfirmDialog>
      <Suspense fallback={null}>{isMaking && <TokenDialog onClose={() => setMaking(false)} />}</Suspense>
    </Section>
  );
}

function Name({ token: { name, created_by: by } }: { token: Token }) {
  return (
    <span>
      <Text span fw={500} display="block">
        {name}
      </Text>
      <Text span size="sm" c="dimmed">
        for {by.name}
      </Text>
    </span>
  );
}

function Ends({ at }: { at: string | undefined }) {
  const now = useNow();
  if (!at) return <Text span c="dimmed">never</Text>;
  if (new Date(at) > now) return <Until at={at} />;
  return (
    <Badge color="warn" leftSection={<Clock size={13} aria-hidden="true" />}>
      Ended
    </Badge>
  );
}
