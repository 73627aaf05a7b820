import { expect, it } from "vitest";
import { boundaries, bucketsOf, countsSince, RANGES, type Range, spanLabel } from "@/components/chart/buckets";

const runs = [5, 12, 12, 13, 47, 93];
const ask = (asked: number[]) => (since: number) => {
  asked.push(since);
  const found = runs.filter((at) => at >= since);
  return Promise.resolve({ total: found.length, failed: found.filter((at) => at === 12).length });
};

it("counts between times come from counts since them, and quiet spans cost no request", async () => {
  const times = Array.from({ length: 11 }, (_, index) => index * 10);
  const asked: number[] = [];
  const begun = times.slice(0, -1);
  const since = await countsSince(begun, ask(asked));
  const found = bucketsOf(times, since, since.at(-1) ?? { total: 0, failed: 0 });
  expect(found.map(({ total }) => total)).toEqual([1, 3, 0, 0, 1, 0, 0, 0, 0, 1]);
  expect(found.map(({ failed }) => failed)).toEqual([0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(asked.length).toBeLessThan(begun.length);
  const quiet: number[] = [];
  await countsSince([200, 210, 220, 230, 240, 250], ask(quiet));
  expect(quiet).toHaveLength(2);
});

it("a run that ends while the counts are read never makes a negative bar", () => {
  const [first] = bucketsOf([0, 10, 20], [{ total: 4, failed: 0 }, { total: 5, failed: 1 }], { total: 5, failed: 1 });
  expect(first).toMatchObject({ total: 0, failed: 0 });
});

it.each(Object.keys(RANGES) as Range[])("steps of %s cover the range and hold now", (range) => {
  const now = new Date("2026-03-04T17:23:45Z");
  const times = boundaries(range, now);
  const { bucketMs, buckets } = RANGES[range];
  expect(times[0]).toBeLessThanOrEqual(now.getTime() - bucketMs * buckets);
  expect(times.at(-1)).toBeGreaterThan(now.getTime());
  expect(times.at(-2)).toBeLessThanOrEqual(now.getTime());
});

it("spans read as people say them", () => {
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
  expect(spanLabel(at(21, 14), at(21, 15))).toBe("21 Nov, 14:00 to 15:00");
  expect(spanLabel(at(20, 0), at(22, 0))).toBe("20 Nov to 22 Nov");
  expect(spanLabel(at(20, 17), at(21, 18))).toBe("20 Nov, 17:00 to 21 Nov, 18:00");
});
