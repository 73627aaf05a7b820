import { Anchor, Box, Button, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Globe } from "lucide-react";
import { useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeBlock } from "@/components/CodeBlock";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toast";
import { rightsOf } from "./scopes";
import { Verified } from "./Waiting";

type Authorization = Schema["AuthorizationReport"];

/** Clients that a human allowed to act for them; `url` is the address that they were given, none while remote access is off. */
export function Authorizations({ url }: { url: string | undefined }) {
  const [page, setPage] = useState(1);
  const { data } = api.useSuspenseQuery("get", "/api/oauth/authorizations", { params: { query: { page, page_size: 50 } } });
  const [asked, setAsked] = useState<Authorization>();
  const whyNot = useWhyReadOnly();
  const columns: Column<Authorization>[] = [
    { label: "Client", cell: (found) => <Name found={found} /> },
    { label: "May", cell: ({ scopes }) => <Text span>{rightsOf(scopes)}</Text>, width: 220 },
    { label: "Allowed", cell: ({ created_at }) => <TimeAgo at={created_at} />, width: 140, isWideOnly: true },
    { label: "Last used", cell: ({ last_used_at: used }) => (used ? <TimeAgo at={used} /> : <Text span c="dimmed">never</Text>), width: 140 },
    {
      label: "Actions",
      cell: (found) => (
        <Button variant="default" disabled={whyNot !== undefined} onClick={() => setAsked(found)} aria-label={`Revoke ${found.client_name} for ${found.subject}`}>
          Revoke
        </Button>
      ),
      width: 120,
    },
  ];
  const revoke = async () => {
    if (!asked) return;
    await client.DELETE("/api/oauth/authorizations/{id}", { params: { path: { id: asked.id } } });
    toast("Revoked");
  };
  return (
    <Section title="Connected clients">
      <DataTable
        label="Connected clients"
        rows={data.items}
        columns={columns}
        rowKey={({ id }) => id}
        paging={{ page, pages: data.pages, total: data.total, onPage: setPage }}
        empty={url ? <NoClient url={url} /> : <SwitchedOff />}
      />
      <ConfirmDialog isOpen={asked !== undefined} onClose={() => setAsked(undefined)} title={`Revoke ${asked?.client_name.slice(0, 60) ?? ""}?`} action="Revoke" tone="bad" onConfirm={revoke}>
        All its tokens end at once, on every replica. To connect again it has to ask again.
      </ConfirmDialog>
    </Section>
  );
}

function NoClient({ url }: { url: string }) {
  return (
    <EmptyState icon={Globe} title="No client is connected">
      Give claude.ai, ChatGPT or an editor elsewhere the address <CodeName>{url}</CodeName> and nothing else. What each wants to be told stands below, and in <CodeName>docs/guides/remote.md</CodeName>.
    </EmptyState>
  );
}

function SwitchedOff() {
  return (
    <EmptyState icon={Globe} title="Remote access is off">
      <Stack gap={12}>
        <Text inherit>
          To switch it on, put a tunnel or proxy with a certificate before <CodeName>127.0.0.1:8002</CodeName>, and start MCPbox with its address:
        </Text>
        <Box ta="left">
          <CodeBlock code="mcpbox serve --public-url https://box.example.com" label="the command" />
        </Box>
        <Text inherit>
          In a container, set <CodeName>MCPBOX_PUBLIC_URL</CodeName>. <CodeName>docs/guides/remote.md</CodeName> tells more; with an account at Cloudflare, the page{" "}
          <Anchor td="underline" inherit renderRoot={(props) => <Link {...props} to="/settings/cloudflare" />}>
            Cloudflare
          </Anchor>{" "}
          makes the tunnel.
        </Text>
      </Stack>
    </EmptyState>
  );
}

function Name({ found }: { found: Authorization }) {
  return (
    <span>
      <Text span fw={500} display="block">
        <HostileText text={found.client_name} limit={100} />
      </Text>
      <Text span size="sm" c="dimmed" display="block">
        for <HostileText text={found.subject} limit={80} />, at <CodeName size={12}>{found.redirect_host}</CodeName>
      </Text>
      <Verified kind={found.client_kind} />
    </span>
  );
}
