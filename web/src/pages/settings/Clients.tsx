import { Plug } from "lucide-react";
import { api, type Schema } from "@/api/client";
import { actorName } from "@/components/actor";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";

type Client = Schema["Client"];

const COLUMNS: Column<Client>[] = [
  { label: "It calls itself", cell: (client) => <HostileText text={actorName(client)} limit={100} /> },
  { label: "First seen", cell: ({ first_seen_at }) => <TimeAgo at={first_seen_at} />, width: 170 },
  { label: "Last seen", cell: ({ last_seen_at }) => <TimeAgo at={last_seen_at} />, width: 170 },
];

/** The MCP clients that were here since the start. */
export function Clients() {
  const { data } = api.useSuspenseQuery("get", "/api/connection");
  return (
    <Section title="MCP clients since the start">
      <DataTable
        label="MCP clients"
        rows={data.clients}
        columns={COLUMNS}
        rowKey={actorName}
        rowLink={({ name, on_behalf_of }) => ({ to: "/activity", search: { by: name, human: on_behalf_of, range: "all" } })}
        empty={
          <EmptyState icon={Plug} title="No client was here yet" isCompact>
            Connect one: the setup page has the command for each.
          </EmptyState>
        }
      />
    </Section>
  );
}
