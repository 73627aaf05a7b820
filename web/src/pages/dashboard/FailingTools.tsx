import { Text } from "@mantine/core";
import { CircleCheck } from "lucide-react";
import type { Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { count } from "@/components/numbers";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { lastWords, useFailedRuns, useRange, useSince } from "./queries";

type Run = Schema["CallRecord"];

interface Failing {
  tool: string;
  failures: number;
  latest: Run;
}

const COLUMNS: Column<Failing>[] = [
  { label: "Tool", cell: ({ tool }) => <CodeName>{tool}</CodeName> },
  { label: "Last error", cell: ({ latest }) => <HostileText text={latest.failure?.message ?? ""} limit={160} />, isWideOnly: true },
  { label: "Failures", cell: ({ failures }) => count(failures), isNumber: true, width: 110 },
  { label: "Last", cell: ({ latest }) => <TimeAgo at={latest.started_at} />, width: 140 },
];

const SHOWN = 5;

/** Which tools fail, from the newest failures of the range. */
export function FailingTools() {
  const range = useRange();
  const { data } = useFailedRuns(useSince(range));
  return (
    <Section title="Failing tools" more={data.next_cursor && <Text size="sm" c="dimmed">{`of the newest ${data.items.length} failures`}</Text>}>
      <DataTable
        label="Failing tools"
        rows={failing(data.items).slice(0, SHOWN)}
        columns={COLUMNS}
        rowKey={({ tool }) => tool}
        rowLink={({ tool }) => ({ to: "/activity", search: { tool, outcome: "failed", range } })}
        empty={
          <EmptyState icon={CircleCheck} title="No tool failed" isCompact>
            Errors of the last {lastWords(range)} would be listed here, by tool.
          </EmptyState>
        }
      />
    </Section>
  );
}

/** Runs, newest first, by tool; most failures first. */
export function failing(runs: readonly Run[]): Failing[] {
  const tools = new Map<string, Failing>();
  for (const latest of runs) {
    const tool = `${latest.server_name}__${latest.tool_name}`;
    const known = tools.get(tool);
    if (known) known.failures += 1;
    else tools.set(tool, { tool, failures: 1, latest });
  }
  return [...tools.values()].sort((a, b) => b.failures - a.failures);
}
