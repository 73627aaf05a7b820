import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gatherer } from "@/api/live";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("what comes together is answered once, and a busy path at most once in its pause", () => {
  const flushes: string[][] = [];
  const old = gatherer((prefixes) => flushes.push(prefixes));
  for (let event = 0; event < 100; event += 1) old.add(["/api/calls"], 3_000);
  old.add(["/api/reviews"], 150);
  vi.advanceTimersByTime(200);
  expect(flushes.flat().sort()).toEqual(["/api/calls", "/api/reviews"]);
  for (let tick = 0; tick < 60; tick += 1) {
    old.add(["/api/calls"], 3_000);
    vi.advanceTimersByTime(100);
  }
  expect(flushes.flat().filter((prefix) => prefix === "/api/calls").length).toBeLessThanOrEqual(3);
});

it("the last event of a burst is never lost", () => {
  const flushes: string[][] = [];
  const old = gatherer((prefixes) => flushes.push(prefixes));
  old.add(["/api/calls"], 3_000);
  vi.advanceTimersByTime(200);
  old.add(["/api/calls"], 3_000);
  vi.advanceTimersByTime(3_000);
  expect(flushes).toHaveLength(2);
});
