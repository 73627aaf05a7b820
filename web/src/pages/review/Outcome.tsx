import { Alert, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { ArrowRight, Check, CircleSlash, type LucideIcon, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { TimeAgo } from "@/components/TimeAgo";
import type { Detail } from "./coming";
import { FirstRuns } from "./FirstRuns";
import type { Neighbours } from "./neighbours";

const LOOKS: Partial<Record<Schema["ReviewState"], { tone: Tone; icon: LucideIcon; verb: string }>> = {
  approved: { tone: "ok", icon: Check, verb: "approved this" },
  rejected: { tone: "bad", icon: X, verb: "sent this back" },
};

/** What became of it, what it did since, and the way to the next. */
export function Outcome({ detail, next }: { detail: Detail; next: Neighbours }) {
  const { review, version, name } = detail;
  const { tone, icon: Icon, verb } = LOOKS[review.state] ?? { tone: "gray" as const, icon: CircleSlash, verb: review.state === "superseded" ? "asked for something newer in its place" : `made it ${review.state}` };
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
              <HostileText text={review.decided_by?.name ?? "The author"} limit={80} /> {verb}
              {review.decided_at && (
                <>
                  {" "}
                  <TimeAgo at={review.decided_at} />
                </>
              )}
            </Text>
            {review.comment && (
              <Text>
                “<HostileText text={review.comment} limit={4_000} />”
              </Text>
            )}
          </Stack>
          <Button onClick={next.go} variant={next.left > 0 ? "filled" : "default"} rightSection={<ArrowRight size={16} aria-hidden="true" />}>
            {next.left > 0 ? `Next review (${counted(next.left, "waits", "wait")})` : "Back to approvals"}
          </Button>
        </Group>
      </Alert>
      {review.state === "approved" && <FirstRuns detail={detail} name={name} version={version} />}
    </Paper>
  );
}
