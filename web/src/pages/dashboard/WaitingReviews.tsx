import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { api, type Schema } from "@/api/client";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Section";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { Gains } from "@/pages/approvals/Gains";
import { ReviewName } from "@/pages/approvals/ReviewName";
import { OPEN_REVIEWS } from "./queries";

type Item = Schema["Page_ReviewItem"]["items"][number];

const COLUMNS: Column<Item>[] = [
  { label: "Tool", cell: (item) => <ReviewName item={item} /> },
  { label: "Risk", cell: (item) => <StatusBadge status={item.risk} />, width: 150 },
  { label: "Newly allows", cell: (item) => <Gains requested={item.requested} />, isWideOnly: true },
  { label: "Asked", cell: (item) => <TimeAgo at={item.created_at} />, width: 140 },
];

/** The worst of what waits. */
export function WaitingReviews() {
  const { data } = api.useSuspenseQuery("get", "/api/reviews", OPEN_REVIEWS);
  const more = data.total > data.items.length && (
    <Anchor component={Link} to="/approvals">
      All {data.total}
    </Anchor>
  );
  return (
    <Section title="Waiting for you" more={more}>
      <DataTable
        label="Waiting reviews"
        rows={data.items}
        columns={COLUMNS}
        rowKey={(item) => item.id}
        rowLink={(item) => ({ to: "/approvals/$id", params: { id: item.id } })}
        empty={
          <EmptyState icon={Inbox} title="Nothing waits for you">
            Ask your LLM for a tool it lacks. What it writes appears here for your approval.
          </EmptyState>
        }
      />
    </Section>
  );
}
