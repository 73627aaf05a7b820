import { SegmentedControl, Text } from "@mantine/core";
import { Activity } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Schema } from "@/api/client";
import { useLog } from "@/api/log";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { functionWords } from "@/components/entry";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { Older } from "@/components/Older";
import { PageSkeleton } from "@/components/PageSkeleton";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { duration } from "@/components/time";
import { useEver } from "@/components/useEver";
import classes from "./Runs.module.css";
import type { RunsSearch } from "./route";

type Run = Schema["CallRecord"];

const RunDrawer = lazy(() => import("@/pages/activity/RunDrawer"));

interface Props {
  server?: string;
  tool?: string;
  search: RunsSearch;
  onSearch: (search: RunsSearch) => void;
}

const FILTERS = [
  { value: "all", label: "Calls" },
  { value: "failed", label: "Failed" },
  { value: "tests", label: "Tests" },
];

/** The runs of a server or a tool, newest first; new ones come by themselves. */
export function Runs({ server, tool, search, onSearch }: Props) {
  const { only } = search;
  const [shown, setShown] = useState<string>();
  const hasOpened = useEver(shown !== undefined);
  const filter = { server, tool, page_size: 25, profile: only === "tests" ? "quarantine" : "live", failed: only === "failed" || undefined } as const;
  const { rows, more, isBusy } = useLog("/api/calls", filter);
  const columns: Column<Run>[] = [
    {
      label: "Run",
      cell: (run) => (
        <button type="button" className={classes.open} onClick={() => setShown(run.id)}>
          <StatusBadge status={run.failure ? "failed" : "succeeded"} />
          {!tool && <CodeName>{run.tool_name}</CodeName>}
          {run.observed.entry && (
            <Text span size="sm" c="dimmed">
              {functionWords(run.observed.entry)}
            </Text>
          )}
        </button>
      ),
    },
    { label: "What came of it", cell: (run) => <Summary run={run} />, isWideOnly: true },
    { label: "By", cell: ({ actor }) => <HostileText text={actor.name} limit={60} />, width: 160 },
    { label: "Took", cell: ({ observed }) => duration(observed.duration_us / 1_000), isNumber: true, width: 90 },
    { label: "When", cell: ({ started_at }) => <TimeAgo at={started_at} />, width: 140 },
  ];
  return (
    <>
      <SegmentedControl mb="md" aria-label="Which runs" data={FILTERS} value={only ?? "all"} onChange={(value) => onSearch({ only: value === "all" ? undefined : (value as RunsSearch["only"]) })} />
      {rows ? (
        <DataTable
          label="Runs"
          rows={rows}
          columns={columns}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={Activity} title={only === "failed" ? "No call failed" : "Nothing ran yet"} isCompact>
              {only === "tests" ? "Tests of drafts in quarantine are listed here." : "Calls of published tools are listed here as they happen."}
            </EmptyState>
          }
          footer={<Older more={more} isBusy={isBusy} />}
        />
      ) : (
        <PageSkeleton lines={4} />
      )}
      <Suspense fallback={null}>
        {hasOpened && <RunDrawer id={shown} onClose={() => setShown(undefined)} onOpen={setShown} />}
      </Suspense>
    </>
  );
}

function Summary({ run }: { run: Run }) {
  const text = run.failure ? run.failure.message : typeof run.result === "string" ? run.result : (JSON.stringify(run.result) ?? "");
  return (
    <Text span size="sm" c="dimmed" lineClamp={1} style={{ display: "-webkit-box" }}>
      <HostileText text={text} limit={200} />
    </Text>
  );
}
