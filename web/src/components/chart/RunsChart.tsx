import { Skeleton, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { counted } from "../numbers";
import { duration } from "../time";
import { type Bucket, type Span, spanLabel } from "./buckets";
import classes from "./RunsChart.module.css";

const Bars = lazy(() => import("./Bars"));
const HEIGHT = 132;

/** What the bars are: runs with the failures in them, or the usual duration in that of nearly all. */
export type Shown = "runs" | "durations";

interface Props {
  show?: Shown;
  /** Undefined while they are on their way. */
  buckets: readonly Bucket[] | undefined;
  /** All of them together, for those who point at none. */
  whole?: Figures;
  /** The marked part. */
  span?: Span;
  /** Somebody marked a part; without it the chart only shows. */
  onSpan?: (span: Span) => void;
}

export type Figures = Omit<Bucket, "from" | "to">;

const LABELS = { runs: "Runs over time", durations: "How long runs took" } as const;

/** Runs over time as bars. A part is marked with the mouse, a tap, or the arrow keys and Enter. */
export function RunsChart({ show = "runs", buckets, whole, span, onSpan }: Props) {
  const [hovered, setHovered] = useState<number>();
  if (!buckets) return <Skeleton height={HEIGHT + 28} radius="md" aria-busy="true" />;
  const at = hovered === undefined ? undefined : buckets[hovered];
  const [first, last] = [buckets[0], buckets.at(-1)];
  const all = first && last && whole ? `${spanLabel(first.from, last.to)}: ${told(whole)}` : "";
  const words = at ? `${spanLabel(at.from, at.to)}: ${told(at)}` : all;
  const keys = {
    role: "slider",
    tabIndex: 0,
    "aria-valuemin": 1,
    "aria-valuemax": buckets.length,
    "aria-valuenow": (hovered ?? buckets.length - 1) + 1,
    "aria-valuetext": words,
    onKeyDown: (event: React.KeyboardEvent) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      const current = hovered ?? buckets.length - 1;
      if (step) setHovered(Math.min(buckets.length - 1, Math.max(0, hovered === undefined ? current : current + step)));
      else if (event.key === "Enter" && at) onSpan?.({ from: at.from, to: at.to });
      else return;
      event.preventDefault();
    },
    onBlur: () => setHovered(undefined),
  };
  return (
    <div>
      <Text size="sm" c="dimmed" className={classes.words} aria-hidden="true">
        {words}
      </Text>
      <div className={classes.chart} aria-label={LABELS[show]} {...(onSpan ? keys : { role: "img", "aria-description": words })}>
        <Suspense fallback={<div style={{ height: HEIGHT }} />}>
          <Bars show={show} buckets={buckets} height={HEIGHT} hovered={hovered} onHover={setHovered} span={span} onSpan={onSpan} />
        </Suspense>
      </div>
    </div>
  );
}

/** `12 runs, 1 failure; half within 40 ms, 95 % within 1.20 s`. */
export function told({ total, failed, p50_us, p95_us }: Figures): string {
  if (total === 0) return "no run";
  const speed = typeof p50_us === "number" && typeof p95_us === "number" ? `; half within ${duration(p50_us / 1_000)}, 95 % within ${duration(p95_us / 1_000)}` : "";
  return `${counted(total, "run")}, ${failed === 0 ? "none failed" : `${counted(failed, "failure")}`}${speed}`;
}
