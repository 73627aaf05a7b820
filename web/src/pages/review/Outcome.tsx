import { Alert, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { ArrowRight, Ban, Check, CircleSlash, type LucideIcon, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";
import { capabilityName } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { TimeAgo } from "@/components/TimeAgo";
import { FirstRuns } from "./FirstRuns";
import type { Neighbours } from "./neighbours";

type Review = Schema["Review"];
type Decided = Exclude<Schema["ReviewState"], "open">;

const LOOKS: Record<Decided, { tone: Tone; icon: LucideIcon; did: string }> = {
  approved: { tone: "ok", icon: Check, did: "approved this" },
  rejected: { tone: "bad", icon: X, did: "sent this back" },
  revoked: { tone: "warn", icon: Ban, did: "took the approval back" },
  superseded: { tone: "gray", icon: CircleSlash, did: "asked for something newer in its place" },
};

/** What became of it, what it did since, and the way to the next. */
export function Outcome({ review, state, next }: { review: Review; state: Decided; next: Neighbours }) {
  const { tone, icon: Icon, did } = LOOKS[state];
  const { by, at, comment } = review.revoked ?? { by: review.decided_by, at: review.decided_at, comment: review.comment };
  const here = useRef<HTMLDivElement>(null);
  // Who just decided finds the next step at once, also without eyes.
  useEffect(() => {
    window.scrollTo({ top: 0 });
    here.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Paper ref={here} tabIndex={-1} role="status" style={{ overflow: "hidden", outline: "none" }}>
      <Alert color={tone} radius={0} icon={<Icon size={20} />}>
        <Group justify="space-between">
          <Stack gap={4} flex="1 1 280px">
            <Text size="lg" fw={600}>
              <HostileText text={by?.name ?? "The author"} limit={80} /> {did} {at && <TimeAgo at={at} />}
            </Text>
            {comment && <Said words={comment} />}
            {review.revoked && (
              <Text c="dimmed">
                <HostileText text={review.decided_by?.name ?? "Somebody"} limit={80} /> had approved it {review.decided_at && <TimeAgo at={review.decided_at} />}.
              </Text>
            )}
            {review.refused.map(({ capability, reason }, index) => (
              <Text key={index}>
                Refused: <CodeName>{capabilityName(capability)}</CodeName>. <Said words={reason} />
              </Text>
            ))}
          </Stack>
          <Button onClick={next.go} variant={next.left > 0 ? "filled" : "default"} rightSection={<ArrowRight size={16} aria-hidden="true" />}>
            {next.isSameTool ? "Show the newer one" : next.left > 0 ? `Next review (${counted(next.left, "waits", "wait")})` : "Back to approvals"}
          </Button>
        </Group>
      </Alert>
      {(state === "approved" || state === "revoked") && <FirstRuns id={review.id} />}
    </Paper>
  );
}

const Said = ({ words }: { words: string }) => (
  <Text span inherit>
    “<HostileText text={words} limit={4_000} />”
  </Text>
);
