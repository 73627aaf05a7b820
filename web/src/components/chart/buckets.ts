import type { Schema } from "@/api/client";

type Counts = Schema["CallCounts"];

/** How far back one looks, in equal steps. Few of them: each step costs a request. */
export const RANGES = {
  "1h": { label: "1 hour", bucketMs: 5 * 60_000, buckets: 12 },
  "24h": { label: "24 hours", bucketMs: 60 * 60_000, buckets: 24 },
  "7d": { label: "7 days", bucketMs: 12 * 60 * 60_000, buckets: 14 },
  "30d": { label: "30 days", bucketMs: 2 * 24 * 60 * 60_000, buckets: 15 },
} as const;

export type Range = keyof typeof RANGES;

export const isRange = (value: unknown): value is Range => typeof value === "string" && Object.hasOwn(RANGES, value);

/** The runs that began within one step. */
export interface Bucket extends Counts {
  /** Its begin and end, milliseconds since 1970. */
  from: number;
  to: number;
}

/** Begin of each step of a range and the end of the last; steps begin at round times, and the last one holds `now`. */
export function boundaries(range: Range, now: Date): number[] {
  const { bucketMs, buckets } = RANGES[range];
  const zone = now.getTimezoneOffset() * 60_000;
  const end = Math.floor((now.getTime() - zone) / bucketMs) * bucketMs + bucketMs + zone;
  // One more than the range has, as the last is not over yet.
  return Array.from({ length: buckets + 2 }, (_, index) => end - (buckets + 1 - index) * bucketMs);
}

/**
 * How many runs began at each of `times` (ascending) or later. Asks for the first and last, and between two only where
 * they differ: nothing happened where they are equal, which on a quiet box is nearly everywhere.
 */
export async function countsSince(times: readonly number[], ask: (since: number) => Promise<Counts>): Promise<Counts[]> {
  const found = new Map<number, Counts>();
  const fill = async (low: number, high: number): Promise<void> => {
    const [first, last] = [found.get(low), found.get(high)];
    if (high - low < 2 || !first || !last) return;
    if (first.total === last.total) {
      for (let index = low + 1; index < high; index += 1) found.set(index, last);
      return;
    }
    const middle = (low + high) >> 1;
    found.set(middle, await ask(times[middle] ?? 0));
    await Promise.all([fill(low, middle), fill(middle, high)]);
  };
  const last = times.length - 1;
  for (const index of [0, last]) found.set(index, await ask(times[index] ?? 0));
  await fill(0, last);
  return times.map((_, index) => found.get(index) ?? { total: 0, failed: 0 });
}

/** From counts "since then" to counts "between then and then". `latest` counts since the last step began. */
export function bucketsOf(times: readonly number[], since: readonly Counts[], latest: Counts): Bucket[] {
  return times.slice(0, -1).map((from, index) => {
    const to = times[index + 1] ?? from;
    const isLast = index === times.length - 2;
    const [begin, end] = isLast ? [latest, undefined] : [since[index], since[index + 1]];
    // A run that ends while the counts are read makes neighbours differ by one; never below nothing.
    const total = Math.max(0, (begin?.total ?? 0) - (end?.total ?? 0));
    return { from, to, total, failed: Math.min(total, Math.max(0, (begin?.failed ?? 0) - (end?.failed ?? 0))) };
  });
}

/** All steps that begin in the span, added up. */
export const sum = (buckets: readonly Bucket[]): Counts =>
  buckets.reduce((all, { total, failed }) => ({ total: all.total + total, failed: all.failed + failed }), { total: 0, failed: 0 });

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
