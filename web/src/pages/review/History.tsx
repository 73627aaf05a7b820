import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/client";
import { capabilityName } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";

type Past = Schema["PastDecision"];

const COLUMNS: Column<Past>[] = [
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
  { label: "By", cell: ({ decided_by, revoked }) => <HostileText text={(revoked?.by ?? decided_by)?.name ?? "nobody"} limit={80} />, width: 120 },
  { label: "Words", cell: (past) => <Words past={past} /> },
  { label: "When", cell: ({ decided_at, revoked }) => <When at={revoked?.at ?? decided_at} />, width: 140 },
];

/** What was decided on this tool before. */
export function History({ history }: { history: readonly Past[] }) {
  return (
    <Section title="Earlier decisions">
      <DataTable label="Earlier decisions" rows={history} columns={COLUMNS} rowKey={({ review_id }) => review_id} empty={null} />
    </Section>
  );
}

function Words({ past: { comment, revoked, refused } }: { past: Past }) {
  const said = revoked?.comment || comment;
  if (!said && refused.length === 0) return <Text c="dimmed">none</Text>;
  return (
    <>
      {said && <HostileText text={said} limit={400} />}
      {refused.map(({ capability, reason }, at) => (
        <Text key={at} c="dimmed">
          Refused <CodeName>{capabilityName(capability)}</CodeName>: <HostileText text={reason} limit={300} />
        </Text>
      ))}
    </>
  );
}

const When = ({ at }: { at: string | null | undefined }) => (at ? <TimeAgo at={at} /> : null);
