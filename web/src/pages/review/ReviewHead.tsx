import { Text } from "@mantine/core";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import type { Detail } from "./model";

/** What it is, from whom, and how much care it wants. */
export function ReviewHead({ detail }: { detail: Detail }) {
  const { review, name } = detail;
  return (
    <PageHeader
      parent={{ label: "Approvals", to: "/approvals" }}
      title={<CodeName size={20}>{name}</CodeName>}
      badges={
        <>
          <StatusBadge status={review.risk} />
          {review.state !== "open" && <StatusBadge status={review.state} />}
        </>
      }
    >
      {what(detail)}, asked for by <HostileText text={review.requested_by.name} /> <TimeAgo at={review.created_at} />
      {review.notes && (
        <Text component="span" display="block" mt={8} c="var(--text)">
          “<HostileText text={review.notes} limit={2_000} />”
        </Text>
      )}
    </PageHeader>
  );
}

function what({ review, version: { number }, live }: Detail): string {
  if (review.purpose === "grant") return `Version ${number} stays as it is and asks for more`;
  return live ? `Version ${number}, in place of version ${live.number}` : `Version ${number}, a new tool`;
}
