import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count } from "../numbers";
import { duration } from "../time";
import type { Bucket, Span } from "./buckets";
import type { Shown } from "./RunsChart";
import classes from "./RunsChart.module.css";

interface Props {
  show: Shown;
  buckets: readonly Bucket[];
  height: number;
  hovered: number | undefined;
  onHover: (index: number | undefined) => void;
  span?: Span;
  onSpan?: (span: Span) => void;
}

/** The drawn part of the chart; loaded when it is first shown. */
export default function Bars(props: Props) {
  const { show, buckets, height, hovered, span } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = new uPlot(options(element.clientWidth, height, () => latest.current), dataOf(latest.current.show, latest.current.buckets), element);
    plot.current = drawn;
    const sized = new ResizeObserver(() => {
      drawn.setSize({ width: element.clientWidth, height });
      mark(drawn, latest.current.span);
    });
    sized.observe(element);
    // The canvas knows no style sheet: draw anew with the colours of the other theme.
    const themed = new MutationObserver(() => drawn.redraw(false));
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      drawn.destroy();
    };
  }, [height]);
  useEffect(() => {
    plot.current?.setData(dataOf(show, buckets));
    if (plot.current) mark(plot.current, span);
  }, [show, buckets, span]);
  useEffect(() => {
    const drawn = plot.current;
    const at = hovered === undefined ? undefined : buckets[hovered];
    if (drawn && at && drawn.cursor.idx !== hovered) drawn.setCursor({ left: drawn.valToPos((at.from + at.to) / 2, "x"), top: 0 }, false);
  }, [hovered, buckets]);
  return <div ref={place} className={classes.bars} style={{ height }} />;
}

interface Look {
  /** The whole bar and the part in it. */
  bars: readonly [(bucket: Bucket) => number | null, (bucket: Bucket) => number | null];
  colours: readonly [string, string];
  /** The axis never ends below this. */
  least: number;
  /** Distances of labels. */
  steps: number[];
  label: (value: number) => string;
}

const ms = (us: number | null | undefined): number | null => (typeof us === "number" ? us / 1_000 : null);

const LOOKS: Record<Shown, Look> = {
  runs: {
    bars: [({ total }) => total, ({ failed }) => failed],
    colours: ["--bar", "--bad"],
    least: 4,
    steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6],
    label: count,
  },
  durations: {
    bars: [({ p95_us }) => ms(p95_us), ({ p50_us }) => ms(p50_us)],
    colours: ["--bar", "--brand"],
    least: 1,
    steps: [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5],
    label: (value) => (value === 0 ? "0" : duration(value).replace(".00", "")),
  },
};

const dataOf = (show: Shown, buckets: readonly Bucket[]): uPlot.AlignedData => [buckets.map(({ from }) => from), ...LOOKS[show].bars.map((bar) => buckets.map(bar))] as uPlot.AlignedData;

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const HOUR = 3_600_000;
/** Distances of labels: up to half a day the time, from a day on the date. */
const STEPS = [HOUR / 12, HOUR / 6, HOUR / 4, HOUR / 2, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 120 * HOUR, 240 * HOUR];
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

function tickLabel(at: number): string {
  const time = clock.format(at);
  return time === "00:00" ? date.format(at) : time;
}

function mark(plot: uPlot, span: Span | undefined): void {
  const [left, right] = span ? [plot.valToPos(span.from, "x"), plot.valToPos(span.to, "x")] : [0, 0];
  plot.setSelect({ left, width: right - left, top: 0, height: plot.over.clientHeight }, false);
}

function options(width: number, height: number, props: () => Props): uPlot.Options {
  const look = LOOKS[props().show];
  const bars = uPlot.paths.bars?.({ size: [0.8, 64], align: 1, radius: 0.08 });
  const series = (name: string): uPlot.Series => ({ fill: () => colour(name), stroke: () => colour(name), width: 0, paths: bars, points: { show: false } });
  const axis: uPlot.Axis = { stroke: () => colour("--dim"), font: "12px Inter, sans-serif", ticks: { show: false }, grid: { stroke: () => colour("--line"), width: 1 } };
  const ends = () => [props().buckets[0]?.from ?? 0, props().buckets.at(-1)?.to ?? 1] as const;
  // A label there would be cut. Not asked of the plot, which has its old width while it is resized.
  const isAtTheEnd = (at: number) => at > ends()[1] - 0.04 * (ends()[1] - ends()[0]);
  const indexAt = (at: number) => props().buckets.findLastIndex(({ from }) => from <= at);
  const choose = (plot: uPlot, left: number, right: number) => {
    const { buckets, onSpan } = props();
    const from = buckets[Math.max(0, indexAt(plot.posToVal(left, "x")))]?.from;
    const to = buckets[indexAt(plot.posToVal(right, "x"))]?.to;
    if (from !== undefined && to !== undefined) onSpan?.({ from, to });
  };
  return {
    width,
    height,
    ms: 1,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    scales: { x: { range: () => [...ends()] as [number, number] }, y: { range: (_, __, most) => [0, Math.max(look.least, (most ?? 0) * 1.05)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, size: 28, incrs: STEPS, values: (_, values) => values.map((at) => (isAtTheEnd(at) ? "" : tickLabel(at))) },
      { ...axis, size: 56, space: 36, incrs: look.steps, values: (_, values) => values.map(look.label) },
    ],
    series: [{}, ...look.colours.map(series)],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: props().onSpan !== undefined, y: false, setScale: false, dist: 4 },
      dataIdx: (plot) => indexAt(plot.posToVal(plot.cursor.left ?? 0, "x")),
      bind: {
        // A tap or a click without dragging means the step under it.
        click: (plot) => (event: MouseEvent) => {
          if (plot.select.width === 0 || !props().onSpan) choose(plot, event.offsetX, event.offsetX);
          return null;
        },
      },
    },
    hooks: {
      setCursor: [(plot) => props().onHover((plot.cursor.left ?? -1) < 0 ? undefined : (plot.cursor.idx ?? undefined))],
      setSelect: [(plot) => plot.select.width > 0 && choose(plot, plot.select.left, plot.select.left + plot.select.width - 1)],
    },
  };
}
