import { Text } from "@mantine/core";
import { api, type Schema } from "@/api/client";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { count, counted, share } from "@/components/numbers";
import { Section } from "@/components/Section";
import { duration } from "@/components/time";
import { Gavel } from "lucide-react";

type Admin = Schema["AdminDecisions"];

const COLUMNS: Column<Admin>[] = [
  { label: "Admin", cell: ({ admin }) => <HostileText text={admin} limit={80} /> },
  { label: "Approved", cell: ({ approved }) => count(approved), isNumber: true },
  { label: "Sent back", cell: ({ rejected }) => count(rejected), isNumber: true },
  { label: "Looked, usually", cell: ({ median_review_seconds: seconds }) => (typeof seconds === "number" ? duration(seconds * 1_000) : "never"), isNumber: true },
  { label: "Within 5 s", cell: ({ hasty_share: hasty }) => (typeof hasty === "number" ? share(Math.round(hasty * 1_000), 1_000) : "—"), isNumber: true },
  { label: "Without a look", cell: ({ without_look }) => count(without_look), isNumber: true, isWideOnly: true },
  { label: "Taken back later", cell: ({ revoked_later }) => count(revoked_later), isNumber: true },
];

/** How carefully reviews are decided. */
export function Decisions() {
  const { data } = api.useSuspenseQuery("get", "/api/audit/decisions", { params: { query: { days: 30 } } });
  const { automatic } = data;
  return (
    <Section title="Decisions of the last 30 days">
      <DataTable
        label="Decisions by admin"
        rows={data.admins}
        columns={COLUMNS}
        rowKey={({ admin }) => admin}
        empty={
          <EmptyState icon={Gavel} title="Nothing was decided" isCompact>
            How long each admin looks before deciding would stand here.
          </EmptyState>
        }
      />
      <Text size="sm" c="dimmed" mt={8}>
        Rules approved {counted(automatic.approved, "update")}
        {automatic.approved > 0 && `, of which ${count(automatic.revoked_later)} were taken back later`}.{data.is_cut && " There were more events than are looked at: the oldest are not counted."}
      </Text>
    </Section>
  );
}
