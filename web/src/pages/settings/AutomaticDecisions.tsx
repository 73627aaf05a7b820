import { Button } from "@mantine/core";
import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import { Bot, Undo2 } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Section";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";

type AutomaticDecision = Schema["AutomaticDecision"];

const NAMES: Record<string, string> = { pure_compute: "Only computes", granted_get: "Only reads granted hosts", identical: "Approved before" };
const PATH = "/api/policy/decisions";

/** What rules approved, each with a way to take it back at once. `isShort` leaves it out when there is nothing. */
export function AutomaticDecisions({ isShort = false }: { isShort?: boolean }) {
  const [page, setPage] = useState(1);
  const [asked, setAsked] = useState<AutomaticDecision>();
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly("admin");
  const { data, error } = api.useQuery("get", PATH, { params: { query: { page, page_size: isShort ? 5 : 20 } } }, { placeholderData: keepPreviousData });
  const revoke = api.useMutation("post", "/api/reviews/{id}/revoke", { onSuccess: () => queries.invalidateQueries({ queryKey: ["get", PATH] }) });
  if (error) throw error;
  if (!data || (isShort && data.total === 0)) return null;
  const columns: Column<AutomaticDecision>[] = [
    { label: "Tool", cell: ({ tool, version }) => <CodeName>{version ? `${tool} v${version}` : tool}</CodeName> },
    { label: "Rule", cell: ({ rule }) => NAMES[rule] ?? rule },
    { label: "When", cell: ({ at }) => <TimeAgo at={at} />, width: 140 },
    {
      label: "Take back",
      cell: (decision) =>
        decision.is_revoked ? (
          <StatusBadge status="revoked" />
        ) : (
          <Button variant="default" leftSection={<Undo2 size={16} />} disabled={whyNot !== undefined} onClick={() => setAsked(decision)}>
            Revoke
          </Button>
        ),
      width: 150,
    },
  ];
  return (
    <Section title="Approved by rules">
      <DataTable
        label="Approved by rules"
        rows={data.items}
        columns={columns}
        rowKey={({ review_id }) => review_id}
        empty={
          <EmptyState icon={Bot} title="No rule approved anything" isCompact>
            What rules approve is listed here, to be taken back with one click.
          </EmptyState>
        }
        paging={isShort ? undefined : { ...data, onPage: setPage }}
      />
      <ConfirmDialog isOpen={asked !== undefined} onClose={() => setAsked(undefined)} title="Take the approval back?" action="Revoke" onConfirm={() => revoke.mutateAsync({ params: { path: { id: asked?.review_id ?? "" } }, body: {} })}>
        <CodeName>{asked?.tool ?? ""}</CodeName> stops running at once. Your LLM can ask for it again, and then a human decides.
      </ConfirmDialog>
    </Section>
  );
}
