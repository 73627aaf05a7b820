import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count } from "../numbers";
import type { Bucket } from "./buckets";
import type { Span } from "./RunsChart";
import classes from "./RunsChart.module.css";

interface Props {
  buckets: readonly Bucket[];
  height: number;
  hovered: number | undefined;
  onHover: (index: number | undefined) => void;
  span?: Span;
  onSpan?: (span: Span) => void;
}

/** The drawn part of the chart; loaded when it is first shown. */
export default function Bars(props: Props) {
  const { buckets, height, hovered, span } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = new uPlot(options(element.clientWidth, height, () => latest.current), dataOf(latest.current.buckets), element);
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
    plot.current?.setData(dataOf(buckets));
    if (plot.current) mark(plot.current, span);
  }, [buckets, span]);
  useEffect(() => {
    const drawn = plot.current;
    const at = hovered === undefined ? undefined : buckets[hovered];
    if (drawn && at && drawn.cursor.idx !== hovered) drawn.setCursor({ left: drawn.valToPos((at.from + at.to) / 2, "x"), top: 0 }, false);
  }, [hovered, buckets]);
  return <div ref={place} className={classes.bars} style={{ height }} />;
}

const dataOf = (buckets: readonly Bucket[]): uPlot.AlignedData => [buckets.map(({ from }) => from), buckets.map(({ total }) => total), buckets.map(({ failed }) => failed)];

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
  const bars = uPlot.paths.bars?.({ size: [0.8, 64], align: 1, radius: 0.08 });
  const series = (name: string): uPlot.Series => ({ fill: () => colour(name), stroke: () => colour(name), width: 0, paths: bars, points: { show: false } });
  const axis: uPlot.Axis = { stroke: () => colour("--dim"), font: "12px Inter, sans-serif", ticks: { show: false }, grid: { stroke: () => colour("--line"), width: 1 } };
  const ends = () => [props().buckets[0]?.from ?? 0, props().buckets.at(-1)?.to ?? 1] as const;
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
    scales: { x: { range: () => [...ends()] as [number, number] }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.05)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, size: 28, incrs: STEPS, values: (plot, values) => values.map((at) => (plot.valToPos(at, "x") > plot.over.clientWidth - 16 ? "" : tickLabel(at))) },
      { ...axis, size: 44, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_, values) => values.map((value) => count(value)) },
    ],
    series: [{}, series("--bar"), series("--bad")],
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
