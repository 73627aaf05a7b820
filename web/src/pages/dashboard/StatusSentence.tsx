import { Group, Text, Title } from "@mantine/core";
import { CircleCheck, OctagonAlert, ShieldQuestion, TriangleAlert } from "lucide-react";
import { api, type Schema } from "@/api/client";
import type { Tone } from "@/app/theme";
import { counted } from "@/components/numbers";
import { OPEN_REVIEWS, useSince } from "./queries";

interface Verdict {
  tone: Exclude<Tone, "gray">;
  title: string;
  more: string;
}

const ICONS = { ok: CircleCheck, brand: ShieldQuestion, warn: TriangleAlert, bad: OctagonAlert };

/** The whole state of the box in one sentence. */
export function StatusSentence() {
  const { data: sandbox } = api.useSuspenseQuery("get", "/api/sandbox");
  const { data: reviews } = api.useSuspenseQuery("get", "/api/reviews", OPEN_REVIEWS);
  const since = useSince("24h");
  const { data: runs } = api.useSuspenseQuery("get", "/api/calls/counts", { params: { query: { profile: "live", since } } });
  const { tone, title, more } = verdict(sandbox, reviews.total, runs);
  const Icon = ICONS[tone];
  return (
    <Group gap={16} mb="xl" align="flex-start" wrap="nowrap">
      <Icon size={32} strokeWidth={1.75} color={`var(--${tone})`} aria-hidden="true" style={{ flex: "none" }} />
      <div>
        <Title order={1}>{title}</Title>
        <Text c="dimmed">{more}</Text>
      </div>
    </Group>
  );
}

/** Worst first: no sandbox, a weaker one, failures, somebody waits, all well. */
export function verdict(sandbox: Schema["SandboxStatus"], waiting: number, runs: Schema["CallCounts"]): Verdict {
  const calls = runs.total === 0 ? "No tool was called in the last 24 hours." : `${counted(runs.total, "call")} in the last 24 hours, ${runs.failed === 0 ? "none failed" : `${runs.failed} failed`}.`;
  const reviews = `${counted(waiting, "review")} ${waiting === 1 ? "waits" : "wait"} for you`;
  if (sandbox.tier === "none") return { tone: "bad", title: "Tools cannot run on this machine", more: sandbox.detail };
  if (sandbox.tier === "no_namespaces") return { tone: "warn", title: "The sandbox is weaker than it should be", more: sandbox.detail };
  if (runs.total > 0 && runs.failed * 2 > runs.total) return { tone: "bad", title: "Most calls fail", more: calls };
  if (waiting > 0) return { tone: "brand", title: reviews, more: calls };
  return { tone: "ok", title: "All is well", more: `Nothing waits for you. ${calls}` };
}
