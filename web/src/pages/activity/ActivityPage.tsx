import { Anchor, Badge, CloseButton, Group, Paper, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { shownFrame, spanLabel } from "@/components/chart/buckets";
import { RunsChart, told } from "@/components/chart/RunsChart";
import { type CallFilter, useSeries } from "@/components/chart/useSeries";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { SubNav } from "@/components/SubNav";
import { useNow } from "@/components/time";
import { Filters } from "./Filters";
import type { ActivitySearch } from "./route";
import { Runs } from "./Runs";
import { filterOf, sinceOf, spanOf } from "./runs";

const RunDrawer = lazy(() => import("./RunDrawer"));

/** What happened, live. */
export function ActivityPage() {
  const search = useSearch({ from: "/shell/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const { range, server, tool, outcome, kind, by, human, text, from, until, run } = search;
  const filter = useMemo(() => filterOf({ server, tool, outcome, kind, by, human, text }), [server, tool, outcome, kind, by, human, text]);
  const query = useMemo(() => ({ ...filter, since: sinceOf({ range, from }, new Date()), until }), [filter, range, from, until]);
  const change = (part: ActivitySearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: "text" in part, resetScroll: false });
  return (
    <>
      <PageHeader title="Activity">Every run of a tool: what went in, what came out, what it tried.</PageHeader>
      <SubNav root="/activity" label="Activity" />
      <Filters search={search} onChange={change} />
      {(by || human) && (
        <Group mb="md" gap={8}>
          {by && (
            <Badge color="brand" rightSection={<CloseButton size="sm" aria-label="Show runs by everybody" onClick={() => change({ by: undefined })} />}>
              By <HostileText text={by} limit={60} />
            </Badge>
          )}
          {human && (
            <Badge color="brand" rightSection={<CloseButton size="sm" aria-label="Show runs for everybody" onClick={() => change({ human: undefined })} />}>
              For <HostileText text={human} limit={60} />
            </Badge>
          )}
        </Group>
      )}
      <Chart search={search} filter={filter} onChange={change} />
      <Runs query={query} />
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
  filter: CallFilter;
  onChange: (change: ActivitySearch) => void;
}

function Chart({ search: { range = "24h", from, until }, filter, onChange }: ChartProps) {
  const span = useMemo(() => spanOf({ from, until }), [from, until]);
  const frame = shownFrame(range, span, useNow());
  const series = useSeries(frame, filter);
  const marked = useSeries(span && { ...span, stepMs: span.to - span.from }, filter);
  if (!frame) return null;
  return (
    <Paper p="md" pb={8} mb="md">
      <RunsChart buckets={series?.buckets} whole={series?.whole} span={span} onSpan={(chosen) => onChange({ from: new Date(chosen.from).toISOString(), until: new Date(chosen.to).toISOString() })} />
      {span && (
        <Group gap={12} mt={4} mb={4}>
          <Text size="sm">
            Only <b>{spanLabel(span.from, span.to)}</b>
            {marked && `: ${told(marked.whole)}`}
          </Text>
          <Anchor component="button" type="button" size="sm" mih={32} onClick={() => onChange({ from: undefined, until: undefined })}>
            Show all
          </Anchor>
        </Group>
      )}
    </Paper>
  );
}
