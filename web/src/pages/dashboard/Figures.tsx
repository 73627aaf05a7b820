import { Paper, SegmentedControl, SimpleGrid, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, type Schema } from "@/api/client";
import { RANGES, type Range } from "@/components/chart/buckets";
import { RunsChart } from "@/components/chart/RunsChart";
import { useBuckets } from "@/components/chart/useBuckets";
import { count, counted, share } from "@/components/numbers";
import { Section } from "@/components/Section";
import { duration } from "@/components/time";
import { lastWords, useRange, useSince } from "./queries";

const TIERS = { full: "Full", no_namespaces: "Reduced", none: "None" } as const;
const CALLS = { profile: "live" } as const;
const CHOICES = Object.entries(RANGES).map(([value]) => ({ value, label: value.replace("h", " h").replace("d", " d") }));

/** What runs, how much, how well, how fast, how safely. */
export function Figures() {
  const range = useRange();
  const since = useSince(range);
  const navigate = useNavigate({ from: "/" });
  const { data: runs } = api.useQuery("get", "/api/calls/counts", { params: { query: { ...CALLS, since } } }, { placeholderData: keepPreviousData });
  const { data: newest } = api.useQuery("get", "/api/calls", { params: { query: { ...CALLS, since, page_size: 100 } } }, { placeholderData: keepPreviousData });
  const { data: servers } = api.useSuspenseQuery("get", "/api/servers", { params: { query: { page_size: 100 } } });
  const { data: sandbox } = api.useSuspenseQuery("get", "/api/sandbox");
  const live = servers.items.reduce((sum, server) => sum + server.live_tools, 0);
  const running = servers.items.filter(({ status }) => status === "running").length;
  const choose = (value: string) => void navigate({ search: { range: value === "24h" ? undefined : (value as Range) }, resetScroll: false });
  const speed = newest && percentiles(newest.items);
  return (
    <Section title={`Last ${lastWords(range)}`} more={<SegmentedControl aria-label="How far back" data={CHOICES} value={range} onChange={choose} />}>
      <SimpleGrid cols={{ base: 2, md: 5 }} spacing={12} mb={12}>
        <Figure label="Calls" value={runs ? count(runs.total) : "…"} more={`${count(sandbox.running)} running now`} />
        <Figure label="Failed" value={runs ? share(runs.failed, runs.total) : "…"} more={runs ? `${count(runs.failed)} of ${count(runs.total)}` : ""} />
        <Figure label="Usual duration" value={speed ? duration(speed.median) : "–"} more={speed ? `95 % within ${duration(speed.p95)}, of the newest ${counted(newest.items.length, "call")}` : "no call yet"} />
        <Figure label="Published tools" value={count(live)} more={`on ${count(running)} of ${counted(servers.total, "server")}`} />
        <Figure label="Sandbox" value={TIERS[sandbox.tier]} more={`Python ${sandbox.python}`} />
      </SimpleGrid>
      <Chart range={range} />
    </Section>
  );
}

function Chart({ range }: { range: Range }) {
  const buckets = useBuckets(range, CALLS);
  const navigate = useNavigate();
  return (
    <Paper p="md" pb={8}>
      <RunsChart buckets={buckets} onSpan={({ from, to }) => void navigate({ to: "/activity", search: { range, kind: "calls", from: new Date(from).toISOString(), to: new Date(to).toISOString() } })} />
    </Paper>
  );
}

/** Half of the runs took at most `median`, 95 of a hundred at most `p95`; milliseconds. */
export function percentiles(runs: readonly Pick<Schema["CallRecord"], "observed">[]): { median: number; p95: number } | undefined {
  const sorted = runs.map(({ observed }) => observed.duration_us / 1_000).sort((a, b) => a - b);
  const rank = (part: number) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  const [median, p95] = [rank(0.5), rank(0.95)];
  return median === undefined || p95 === undefined ? undefined : { median, p95 };
}

function Figure({ label, value, more }: { label: string; value: ReactNode; more: string }) {
  return (
    <Paper p="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={24} fw={600} lh={1.3} my={2}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {more}
      </Text>
    </Paper>
  );
}
