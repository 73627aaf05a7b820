import { Drawer, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { Activity } from "lucide-react";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useLog } from "@/api/log";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { Older } from "@/components/Older";
import { PageSkeleton } from "@/components/PageSkeleton";
import { FailureView, RunEffects, RunText } from "@/components/RunOutcome";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { duration } from "@/components/time";
import classes from "./Runs.module.css";
import type { RunsSearch } from "./route";

type Run = Schema["CallRecord"];

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
  const [shown, setShown] = useState<Run>();
  const filter = { server, tool, page_size: 25, profile: only === "tests" ? "quarantine" : "live", failed: only === "failed" || undefined } as const;
  const { rows, more, isBusy } = useLog("/api/calls", filter);
  const columns: Column<Run>[] = [
    {
      label: "Run",
      cell: (run) => (
        <button type="button" className={classes.open} onClick={() => setShown(run)}>
          <StatusBadge status={run.failure ? "failed" : "succeeded"} />
          {!tool && <CodeName>{run.tool_name}</CodeName>}
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
      <RunDrawer run={shown} onClose={() => setShown(undefined)} />
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

/** Everything that is known of a run. */
function RunDrawer({ run, onClose }: { run: Run | undefined; onClose: () => void }) {
  const [last, setLast] = useState<Run>();
  if (run && run !== last) setLast(run);
  const shown = run ?? last;
  return (
    <Drawer opened={run !== undefined} onClose={onClose} size={640} title={<CodeName size={16}>{shown ? `${shown.server_name}__${shown.tool_name}` : ""}</CodeName>}>
      {shown && (
        <Stack>
          <Group gap={8}>
            <StatusBadge status={shown.failure ? "failed" : "succeeded"} />
            <Text c="dimmed" size="sm">
              <HostileText text={shown.actor.name} limit={60} />, <TimeAgo at={shown.started_at} />
            </Text>
          </Group>
          <RunText label="Arguments" text={JSON.stringify(shown.arguments, null, 2)} />
          {shown.failure ? <FailureView failure={shown.failure} /> : <RunText label="Result" text={JSON.stringify(shown.result, null, 2) ?? "nothing"} />}
          <RunEffects observed={shown.observed} stdout={shown.stdout} />
        </Stack>
      )}
    </Drawer>
  );
}
