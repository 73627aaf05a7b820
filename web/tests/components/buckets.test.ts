import { expect, it } from "vitest";
import { bucketsOf, frameOf, RANGES, type Range, shownFrame, spanLabel } from "@/components/chart/buckets";
import { told } from "@/components/chart/RunsChart";

const figures = (total: number, failed = 0) => ({ total, failed, p50_us: total > 0 ? 40_000 : null, p95_us: total > 0 ? 1_200_000 : null });

it("steps of the server end where the next begins", () => {
  const [since, middle, until] = ["2026-11-21T10:00:00.000Z", "2026-11-21T10:30:00.000Z", "2026-11-21T10:45:00.000Z"];
  const found = bucketsOf({ since, until, step_ms: 1_800_000, whole: { at: since, ...figures(3) }, steps: [{ at: since, ...figures(1) }, { at: middle, ...figures(2, 1) }] });
  expect(found.map(({ from, to }) => (to - from) / 60_000)).toEqual([30, 15]);
  expect(found[1]).toMatchObject({ total: 2, failed: 1, p50_us: 40_000 });
});

it("runs are told with how long they took", () => {
  expect([told(figures(0)), told(figures(1)), told(figures(9, 2))]).toEqual(["no run", "1 run, none failed; half within 40 ms, 95 % within 1.20 s", "9 runs, 2 failures; half within 40 ms, 95 % within 1.20 s"]);
});

it("a mark outside the range is shown by itself", () => {
  const now = new Date("2026-03-04T17:23:45Z");
  const ago = (hours: number) => now.getTime() - hours * 3_600_000;
  expect(shownFrame("24h", { from: ago(3), to: ago(2) }, now)).toEqual(frameOf("24h", now));
  expect(shownFrame("24h", { from: ago(300), to: ago(250) }, now)).toEqual({ from: ago(300), to: ago(250), stepMs: 3_600_000 });
  expect(shownFrame("all", undefined, now)).toBeUndefined();
  expect(shownFrame("all", { from: ago(2), to: ago(1) }, now)?.stepMs).toBe(72_000);
});

it.each(Object.keys(RANGES) as Range[])("steps of %s cover the range and hold now", (range) => {
  const now = new Date("2026-03-04T17:23:45Z");
  const { from, to, stepMs } = frameOf(range, now);
  const { bucketMs, buckets } = RANGES[range];
  expect((to - from) / stepMs).toBe(buckets + 1);
  expect(from).toBeLessThanOrEqual(now.getTime() - bucketMs * buckets);
  expect(to).toBeGreaterThan(now.getTime());
  expect(to - stepMs).toBeLessThanOrEqual(now.getTime());
});

it("spans read as people say them", () => {
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
  expect(spanLabel(at(21, 14), at(21, 15))).toBe("21 Nov, 14:00 to 15:00");
  expect(spanLabel(at(20, 0), at(22, 0))).toBe("20 Nov to 22 Nov");
  expect(spanLabel(at(20, 17), at(21, 18))).toBe("20 Nov, 17:00 to 21 Nov, 18:00");
});
