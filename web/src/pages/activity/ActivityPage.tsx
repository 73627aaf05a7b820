import { Anchor, Badge, CloseButton, Group, Paper, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { type Range, spanLabel } from "@/components/chart/buckets";
import { RunsChart } from "@/components/chart/RunsChart";
import { useBuckets } from "@/components/chart/useBuckets";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { SubNav } from "@/components/SubNav";
import { Filters } from "./Filters";
import type { ActivitySearch } from "./route";
import { FoundRuns, LiveRuns } from "./RunParts";
import { filterOf, sinceOf } from "./runs";

const RunDrawer = lazy(() => import("./RunDrawer"));

/** What happened, live. */
export function ActivityPage() {
  const search = useSearch({ from: "/shell/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const { range = "24h", server, tool, outcome, kind, by, text, from, to, run } = search;
  const filter = useMemo(() => filterOf({ server, tool, outcome, kind, by }), [server, tool, outcome, kind, by]);
  const query = useMemo(() => ({ ...filter, since: sinceOf({ range, from }, new Date()) }), [filter, range, from]);
  const change = (part: ActivitySearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: "text" in part, resetScroll: false });
  const key = JSON.stringify([query, to]);
  return (
    <>
      <PageHeader title="Activity">Every run of a tool: what went in, what came out, what it tried.</PageHeader>
      <SubNav root="/activity" label="Activity" />
      <Filters search={search} onChange={change} />
      {by && (
        <Group mb="md" gap={4}>
          <Badge color="brand" rightSection={<CloseButton size="sm" aria-label="Show runs by everybody" onClick={() => change({ by: undefined })} />}>
            By <HostileText text={by} limit={60} />
          </Badge>
        </Group>
      )}
      {range !== "all" && <Chart search={search} range={range} filter={filter} onChange={change} />}
      {text === undefined ? <LiveRuns key={key} query={query} end={to} /> : <FoundRuns key={key} query={query} end={to} text={text} />}
      {run && (
        <Suspense fallback={null}>
          <RunDrawer id={run} onClose={() => change({ run: undefined })} onOpen={(id) => change({ run: id })} />
        </Suspense>
      )}
    </>
  );
}

interface ChartProps {
  search: ActivitySearch;
  range: Range;
  filter: ReturnType<typeof filterOf>;
  onChange: (change: ActivitySearch) => void;
}

function Chart({ search: { from, to }, range, filter, onChange }: ChartProps) {
  const buckets = useBuckets(range, filter);
  const span = useMemo(() => (from && to ? { from: Date.parse(from), to: Date.parse(to) } : undefined), [from, to]);
  return (
    <Paper p="md" pb={8} mb="md">
      <RunsChart buckets={buckets} span={span} onSpan={(chosen) => onChange({ from: new Date(chosen.from).toISOString(), to: new Date(chosen.to).toISOString() })} />
      {span && (
        <Group gap={12} mt={4} mb={4}>
          <Text size="sm">
            Only <b>{spanLabel(span.from, span.to)}</b>
          </Text>
          <Anchor component="button" type="button" size="sm" mih={32} onClick={() => onChange({ from: undefined, to: undefined })}>
            Show all
          </Anchor>
        </Group>
      )}
    </Paper>
  );
}
