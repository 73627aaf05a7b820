import { Paper, SegmentedControl, SimpleGrid, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api } from "@/api/client";
import { frameOf, RANGES, type Range, type Span } from "@/components/chart/buckets";
import { RunsChart } from "@/components/chart/RunsChart";
import { type Series, useSeries } from "@/components/chart/useSeries";
import { count, counted, share } from "@/components/numbers";
import { Section } from "@/components/Section";
import { duration, useNow } from "@/components/time";
import { lastWords, useRange } from "./queries";

const TIERS = { full: "Full", no_namespaces: "Reduced", none: "None" } as const;
const CALLS = { profile: "live" } as const;
const CHOICES = Object.entries(RANGES).map(([value]) => ({ value, label: value.replace("h", " h").replace("d", " d") }));

/** What runs, how much, how well, how fast, how safely. */
export function Figures() {
  const range = useRange();
  const navigate = useNavigate({ from: "/" });
  const series = useSeries(frameOf(range, useNow()), CALLS);
  const { data: servers } = api.useSuspenseQuery("get", "/api/servers", { params: { query: { page_size: 100 } } });
  const { data: sandbox } = api.useSuspenseQuery("get", "/api/sandbox");
  const live = servers.items.reduce((sum, server) => sum + server.live_tools, 0);
  const running = servers.items.filter(({ status }) => status === "running").length;
  const choose = (value: string) => void navigate({ search: { range: value === "24h" ? undefined : (value as Range) }, resetScroll: false });
  const runs = series?.whole;
  const [usual, nearly] = [runs?.p50_us, runs?.p95_us].map((us) => (typeof us === "number" ? duration(us / 1_000) : undefined));
  return (
    <Section title={`Last ${lastWords(range)}`} more={<SegmentedControl aria-label="How far back" data={CHOICES} value={range} onChange={choose} />}>
      <SimpleGrid cols={{ base: 2, md: 5 }} spacing={12} mb={12}>
        <Figure label="Calls" value={runs ? count(runs.total) : "…"} more={`${count(sandbox.running)} running now`} />
        <Figure label="Failed" value={runs ? share(runs.failed, runs.total) : "…"} more={runs ? `${count(runs.failed)} of ${count(runs.total)}` : ""} />
        <Figure label="Usual duration" value={usual ?? "–"} more={nearly ? `95 % within ${nearly}` : "no call yet"} />
        <Figure label="Published tools" value={count(live)} more={`on ${count(running)} of ${counted(servers.total, "server")}`} />
        <Figure label="Sandbox" value={TIERS[sandbox.tier]} more={`Python ${sandbox.python}`} />
      </SimpleGrid>
      <Charts range={range} series={series} />
    </Section>
  );
}

function Charts({ range, series }: { range: Range; series: Series | undefined }) {
  const navigate = useNavigate();
  const open = ({ from, to }: Span) => void navigate({ to: "/activity", search: { range, kind: "calls", from: new Date(from).toISOString(), until: new Date(to).toISOString() } });
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing={12}>
      {(["runs", "durations"] as const).map((show) => (
        <Paper key={show} p="md" pb={8}>
          <Text size="sm" fw={550}>
            {show === "runs" ? "Calls, and failures among them" : "Duration: of half, and of 95 in 100"}
          </Text>
          <RunsChart show={show} buckets={series?.buckets} whole={series?.whole} onSpan={open} />
        </Paper>
      ))}
    </SimpleGrid>
  );
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
