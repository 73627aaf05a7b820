import { Skeleton, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { counted } from "../numbers";
import { type Bucket, spanLabel, sum } from "./buckets";
import classes from "./RunsChart.module.css";

const Bars = lazy(() => import("./Bars"));
const HEIGHT = 132;

export interface Span {
  from: number;
  to: number;
}

interface Props {
  /** Undefined while they are on their way. */
  buckets: readonly Bucket[] | undefined;
  /** The marked part. */
  span?: Span;
  /** Somebody marked a part; without it the chart only shows. */
  onSpan?: (span: Span) => void;
}

/** Runs over time as bars, failures in them. A part is marked with the mouse, a tap, or the arrow keys and Enter. */
export function RunsChart({ buckets, span, onSpan }: Props) {
  const [hovered, setHovered] = useState<number>();
  if (!buckets) return <Skeleton height={HEIGHT + 28} radius="md" aria-busy="true" />;
  const at = hovered === undefined ? undefined : buckets[hovered];
  const words = at ? `${spanLabel(at.from, at.to)}: ${told(at)}` : whole(buckets);
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
      else if (event.key === "Enter" && at) onSpan?.(at);
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
      <div className={classes.chart} aria-label="Runs over time" {...(onSpan ? keys : { role: "img", "aria-description": words })}>
        <Suspense fallback={<div style={{ height: HEIGHT }} />}>
          <Bars buckets={buckets} height={HEIGHT} hovered={hovered} onHover={setHovered} span={span} onSpan={onSpan} />
        </Suspense>
      </div>
    </div>
  );
}

const told = ({ total, failed }: { total: number; failed: number }) => (total === 0 ? "no run" : `${counted(total, "run")}, ${failed === 0 ? "none failed" : `${counted(failed, "failure")}`}`);

function whole(buckets: readonly Bucket[]): string {
  const [first, last] = [buckets[0], buckets.at(-1)];
  return first && last ? `${spanLabel(first.from, last.to)}: ${told(sum(buckets))}` : "";
}
