import { Button } from "@mantine/core";
import { useState } from "react";
import { useAll } from "@/api/all";
import { client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { capabilityName, capabilityVerb, DENIED } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { type Column, DataTable } from "@/components/DataTable";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";

type Grant = Schema["GrantItem"];

/** What every tool of the box may do, by a grant: the widest there is. Absent while there is none. */
export function Everywhere() {
  const grants = useAll("/api/grants", { state: "approved" }).filter(({ scope }) => scope.level === "everywhere");
  const [asked, setAsked] = useState<Grant>();
  const whyNot = useWhyReadOnly("admin");
  if (grants.length === 0) return null;
  const columns: Column<Grant>[] = [
    {
      label: "Every tool may",
      cell: ({ capability }) => (
        <>
          {capabilityVerb(capability)} <CodeName>{capabilityName(capability)}</CodeName>
        </>
      ),
    },
    { label: "Granted by", cell: ({ decided_by: by }) => <HostileText text={by?.name ?? "nobody"} limit={60} />, width: 180 },
    { label: "When", cell: (grant) => <TimeAgo at={grant.decided_at ?? grant.created_at} />, width: 160 },
    {
      label: "Actions",
      cell: (grant) => (
        <Button variant="default" disabled={whyNot !== undefined} onClick={() => setAsked(grant)} aria-label={`Revoke ${capabilityName(grant.capability)}`}>
          Revoke
        </Button>
      ),
      width: 130,
    },
  ];
  return (
    <Section title="Granted to every tool">
      <DataTable label="Grants for every tool" rows={grants} columns={columns} rowKey={({ id }) => id} empty={null} />
      <ConfirmDialog
        isOpen={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title="Take it from every tool?"
        action="Revoke"
        onConfirm={() => client.POST("/api/grants/{id}/revoke", { params: { path: { id: asked?.id ?? "" } }, body: { content_hash: asked?.content_hash ?? "" } })}
      >
        {asked && (
          <>
            No tool may {capabilityVerb(asked.capability)} <CodeName>{capabilityName(asked.capability)}</CodeName> any more, at once, but those that have a grant of their own. {DENIED[asked.capability.kind]}.
          </>
        )}
      </ConfirmDialog>
    </Section>
  );
}
