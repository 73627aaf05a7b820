import type { Schema } from "@/api/client";

/** How far back one looks, in equal steps. */
export const RANGES = {
  "1h": { label: "1 hour", bucketMs: 2 * 60_000, buckets: 30 },
  "24h": { label: "24 hours", bucketMs: 30 * 60_000, buckets: 48 },
  "7d": { label: "7 days", bucketMs: 3 * 60 * 60_000, buckets: 56 },
  "30d": { label: "30 days", bucketMs: 12 * 60 * 60_000, buckets: 60 },
} as const;

export type Range = keyof typeof RANGES;

export const isRange = (value: unknown): value is Range => typeof value === "string" && Object.hasOwn(RANGES, value);

/** A stretch of time, milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/** The runs that began within one step. */
export interface Bucket extends Span, Pick<Schema["SeriesFigures"], "total" | "failed" | "p50_us" | "p95_us"> {}

/** What a chart shows: its ends and the length of its steps. */
export interface Frame extends Span {
  stepMs: number;
}

/** A range up to now. Steps begin at round times of this place, and the last one holds `now`. */
export function frameOf(range: Range, now: Date): Frame {
  const { bucketMs: stepMs, buckets } = RANGES[range];
  const zone = now.getTimezoneOffset() * 60_000;
  const to = Math.floor((now.getTime() - zone) / stepMs) * stepMs + stepMs + zone;
  // One more than the range has, as the last is not over yet.
  return { from: to - (buckets + 1) * stepMs, to, stepMs };
}

/** Steps of a time that somebody chose. */
const STEPS = 50;

/** The range, or what was marked when that is not part of it: an old address, for instance. */
export function shownFrame(range: Range | "all", span: Span | undefined, now: Date): Frame | undefined {
  const frame = range === "all" ? undefined : frameOf(range, now);
  if (!span || span.to <= span.from || (frame && span.from >= frame.from && span.to <= frame.to)) return frame;
  return { ...span, stepMs: Math.max(1_000, Math.ceil((span.to - span.from) / STEPS)) };
}

/** The steps as the chart wants them. */
export function bucketsOf({ steps, until }: Schema["CallSeries"]): Bucket[] {
  return steps.map(({ at, ...figures }, index) => ({ ...figures, from: Date.parse(at), to: Date.parse(steps[index + 1]?.at ?? until) }));
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** `21 Nov, 14:00 to 15:00`, `20 Nov to 22 Nov`. */
export function spanLabel(from: number, to: number): string {
  const [begin, end] = [new Date(from), new Date(to)];
  const isMidnight = [begin, end].every((at) => at.getHours() === 0 && at.getMinutes() === 0);
  if (isMidnight) return to - from <= 86_400_000 ? day.format(begin) : `${day.format(begin)} to ${day.format(end)}`;
  const until = begin.toDateString() === end.toDateString() || to - from < 86_400_000 ? minute.format(end) : `${day.format(end)}, ${minute.format(end)}`;
  return `${day.format(begin)}, ${minute.format(begin)} to ${until}`;
}
