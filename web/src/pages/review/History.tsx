import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type Column, DataTable } from "@/components/DataTable";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import type { PastDecision } from "./coming";

const COLUMNS: Column<PastDecision>[] = [
  {
    label: "Version",
    cell: ({ review_id, version }) => (
      <Anchor component={Link} to={`/approvals/${review_id}`}>
        {version == null ? "gone" : `Version ${version}`}
      </Anchor>
    ),
    width: 120,
  },
  { label: "Outcome", cell: ({ state }) => <StatusBadge status={state} />, width: 150 },
  { label: "By", cell: ({ decided_by }) => <HostileText text={decided_by?.name ?? "nobody"} limit={80} />, width: 120 },
  { label: "Words", cell: ({ comment }) => (comment ? <HostileText text={comment} limit={400} /> : <Text c="dimmed">none</Text>) },
  { label: "When", cell: ({ decided_at }) => decided_at && <TimeAgo at={decided_at} />, width: 140 },
];

/** What was decided on this tool before. */
export function History({ history }: { history: readonly PastDecision[] }) {
  return (
    <Section title="Earlier decisions">
      <DataTable label="Earlier decisions" rows={history} columns={COLUMNS} rowKey={({ review_id }) => review_id} empty={null} />
    </Section>
  );
}
