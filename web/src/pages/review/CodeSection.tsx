import { Group, SegmentedControl, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type RefObject, useEffect, useMemo, useRef } from "react";
import type { Schema } from "@/api/client";
import { type CodeNote, rowsOfDiff, rowsOfText } from "@/components/codeRows";
import { CodeView, type CodeViewHandle } from "@/components/CodeView";
import { EmptyState } from "@/components/EmptyState";
import { CopyButton } from "@/components/CopyButton";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import { FileCheck } from "lucide-react";
import classes from "./CodeSection.module.css";
import type { Decision } from "./decision";
import { Findings } from "./Findings";
import type { JumpTo } from "./jump";
import type { Detail, Finding } from "./model";
import type { View } from "./route";
import type { Since } from "./shown";

interface Props {
  detail: Detail;
  decision: Decision;
  since: Since | undefined;
  /** Set here: others jump to lines with it. */
  jump: RefObject<JumpTo>;
}

/** The code: against what is live, against what the reader last read, or whole; with the findings at their lines. */
export function CodeSection({ detail, decision, since, jump }: Props) {
  const { view: asked } = useSearch({ from: "/shell/approvals/$id" });
  const navigate = useNavigate({ from: "/approvals/$id" });
  const code = useRef<CodeViewHandle>(null);
  const frame = useRef<HTMLDivElement>(null);
  const wanted = useRef<number>(undefined);
  const { version, live, code_diff: againstLive, findings } = detail;
  const againstRead = since?.changes.fields.find(({ field }) => field === "code")?.diff;
  const views: View[] = [...(againstRead ? (["read"] as const) : []), ...(live ? (["live"] as const) : []), "whole"];
  const view = asked && views.includes(asked) ? asked : (views[0] ?? "whole");
  const diff = view === "read" ? againstRead : view === "live" ? againstLive : undefined;
  const key = JSON.stringify(diff) + version.content_hash;
  const rows = useMemo(() => (diff ? rowsOfDiff(diff) : rowsOfText(version.content.code, live ? againstLive : undefined)), [key]);
  const notes = useMemo(() => findings.flatMap(noteOf), [findings]);
  const show = (next: View) => void navigate({ search: { view: next }, replace: true, resetScroll: false });

  useEffect(() => {
    jump.current = (line) => {
      frame.current?.scrollIntoView({ block: "nearest" });
      if (code.current?.jump(line)) return;
      wanted.current = line;
      show("whole");
    };
  });
  // A line that the diff leaves out is shown in the whole code.
  useEffect(() => {
    if (wanted.current !== undefined && view === "whole") code.current?.jump(wanted.current);
    wanted.current = undefined;
  }, [view]);

  const lines = rowsOfText(version.content.code).length;
  return (
    <Section
      title="Code"
      more={
        <Group gap={4}>
          <Text c="dimmed">{diff ? `${counted(diff.added, "line")} added, ${diff.removed} removed` : counted(lines, "line")}</Text>
          <CopyButton value={version.content.code} label="Copy the code" />
        </Group>
      }
    >
      <Findings findings={findings} decision={decision} jumpTo={(line) => jump.current(line)} toTick={detail.review.state === "open" ? detail.approval_needs.acknowledge : []} />
      {views.length > 1 && (
        <SegmentedControl
          aria-label="How the code is shown"
          className={classes.views}
          value={view}
          onChange={(next) => show(next as View)}
          data={views.map((value) => ({ value, label: LABELS[value](live ?? undefined) }))}
        />
      )}
      {view === "read" && since?.seenAt && (
        <Text c="dimmed" size="sm" mb={8}>
          Against what you read <TimeAgo at={since.seenAt} />.
        </Text>
      )}
      {rows.length === 0 ? (
        <div className={classes.same}>
          <EmptyState icon={FileCheck} title="The code is the same" isCompact>
            No line of it differs.
          </EmptyState>
        </div>
      ) : (
        <div ref={frame} className={classes.code}>
          <CodeView ref={code} rows={rows} notes={notes} label={diff ? "Changes to the code" : "The whole code"} />
        </div>
      )}
    </Section>
  );
}

const LABELS: Record<View, (live: Schema["Version"] | undefined) => string> = {
  live: (live) => `Against version ${live?.number ?? ""}`,
  read: () => "Since you looked",
  whole: () => "Whole code",
};

const TONES = { error: "bad", danger: "bad", warning: "warn", notice: "brand" } as const;
export const SEVERITIES: Record<Schema["Severity"], string> = { error: "Error", danger: "Danger", warning: "Warning", notice: "Notice" };

/** A finding about another text than the code stands in the list alone. */
const noteOf = ({ about, line, severity, message }: Finding): CodeNote[] =>
  line == null || about !== "code" ? [] : [{ line, tone: TONES[severity], kind: SEVERITIES[severity], text: message }];
