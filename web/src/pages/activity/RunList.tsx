import { Paper } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Check, FlaskConical, X } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { actorName } from "@/components/actor";
import { CodeName } from "@/components/CodeName";
import { functionWords } from "@/components/entry";
import { HostileText } from "@/components/HostileText";
import { duration } from "@/components/time";
import { useCommands } from "@/shell/commands";
import { Clock } from "./Clock";
import classes from "./RunList.module.css";
import type { Run } from "./runs";

const HEIGHT = 48;
const NARROW_HEIGHT = 68;

/** Rows that are still to come, below those that are there. */
const BONES = 8;
/** Older rows are asked for when so few are left below the screen. */
const AHEAD = 40;

interface Props {
  rows: readonly Run[];
  /** Rows there are, loaded or not. */
  total: number;
  /** Asks for older ones; absent while they come, and at the end. */
  more: (() => void) | undefined;
}

/** Runs, newest first. Only the rows on screen exist, however many there are. */
export default function RunList({ rows: runs, total, more }: Props) {
  const count = runs.length < total ? runs.length + BONES : runs.length;
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const isNarrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const height = isNarrow ? NARROW_HEIGHT : HEIGHT;
  const virtual = useWindowVirtualizer({ count, estimateSize: () => height, overscan: 8, scrollMargin: top });
  useLayoutEffect(() => {
    const now = list.current ? list.current.getBoundingClientRect().top + window.scrollY : 0;
    if (Math.abs(now - top) > 1) setTop(now);
  });
  useEffect(() => virtual.measure(), [height, virtual]);
  const rows = virtual.getVirtualItems();
  const isNearEnd = (rows.at(-1)?.index ?? 0) > runs.length - AHEAD;
  useEffect(() => {
    if (isNearEnd) more?.();
  }, [isNearEnd, more]);
  useRowKeys(list);
  return (
    <Paper className={classes.frame}>
      <div ref={list} role="table" aria-label="Runs" aria-rowcount={total + 1} className={classes.table}>
        <div role="row" aria-rowindex={1} className={classes.head}>
          {["Tool", "What came of it", "By", "Took", "When"].map((label) => (
            <span key={label} role="columnheader">
              {label}
            </span>
          ))}
        </div>
        <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
          {rows.map(({ index, start }) => (
            <Row key={runs[index]?.id ?? index} run={runs[index]} index={index} top={start - top} height={height} />
          ))}
        </div>
      </div>
    </Paper>
  );
}

function Row({ run, index, top, height }: { run: Run | undefined; index: number; top: number; height: number }) {
  const place = { height, transform: `translateY(${top}px)` };
  if (!run) {
    return (
      <div role="row" aria-rowindex={index + 2} className={classes.row} style={place} aria-busy="true">
        <span role="cell" className={classes.bone} />
      </div>
    );
  }
  const { failure, observed, profile } = run;
  return (
    <div role="row" aria-rowindex={index + 2} className={classes.row} style={place}>
      <span role="cell" className={classes.tool}>
        {failure ? <X size={16} color="var(--bad)" aria-label="Failed" /> : <Check size={16} color="var(--ok)" aria-label="Succeeded" />}
        <Link from="/activity" to="/activity" search={(search) => ({ ...search, run: run.id })} resetScroll={false} className={classes.link} data-run={run.id}>
          <CodeName>{`${run.server_name}__${run.tool_name}`}</CodeName>
        </Link>
        {observed.entry && <span className={classes.what}>{functionWords(observed.entry)}</span>}
        {profile === "quarantine" && <FlaskConical size={14} color="var(--dim)" aria-label="Test" />}
      </span>
      <span role="cell" className={classes.outcome}>
        <HostileText text={failure ? oneLine(failure.message) : network(run)} />
      </span>
      <span role="cell" className={classes.by}>
        <HostileText text={actorName(run.actor)} limit={60} />
      </span>
      <span role="cell" className={classes.took}>
        {duration(observed.duration_us / 1_000)}
      </span>
      <span role="cell" className={classes.when}>
        <Clock at={run.started_at} />
      </span>
    </div>
  );
}

const oneLine = (text: string) => text.slice(0, 200).replace(/\s+/g, " ");

/** Which hosts it spoke to, in a line. */
function network({ observed: { hosts } }: Run): string {
  const names = [...new Set(hosts.map(({ host }) => host))];
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

/** j and k go down and up the rows. */
function useRowKeys(list: React.RefObject<HTMLDivElement | null>): void {
  const go = (step: number) => {
    const links = [...(list.current?.querySelectorAll<HTMLAnchorElement>("a[data-run]") ?? [])].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
    const focused = links.findIndex((link) => link === document.activeElement);
    const next = links[focused < 0 ? links.findIndex((link) => link.getBoundingClientRect().top > 64) : focused + step];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  };
  useCommands([
    { id: "next run", label: "Next run", group: "Activity", keys: "j", isHidden: true, run: () => go(1) },
    { id: "previous run", label: "Previous run", group: "Activity", keys: "k", isHidden: true, run: () => go(-1) },
  ]);
}
