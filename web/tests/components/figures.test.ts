import { expect, it } from "vitest";
import { bytes, count, counted, share } from "@/components/numbers";
import { ago, duration } from "@/components/time";

it("numbers read as people say them", () => {
  expect([count(12345), count(1_250_000), counted(1, "tool"), counted(2, "tool")]).toEqual(["12,345", "1.3M", "1 tool", "2 tools"]);
  expect([share(0, 0), share(1, 1000), share(999, 1000), share(1, 8)]).toEqual(["0 %", "< 1 %", "> 99 %", "13 %"]);
  expect([bytes(12), bytes(64 << 20), bytes(1536)]).toEqual(["12 B", "64 MiB", "1.5 KiB"]);
});

it("times too", () => {
  const now = new Date("2026-01-02T12:00:00Z");
  const then = (seconds: number) => ago(new Date(now.getTime() - seconds * 1_000), now);
  expect([then(3), then(61), then(7_200), then(86_400), then(-7_200)]).toEqual(["just now", "1 minute ago", "2 hours ago", "yesterday", "in 2 hours"]);
  expect([duration(0.5), duration(340), duration(1_240), duration(125_000)]).toEqual(["0.50 ms", "340 ms", "1.24 s", "2 min 5 s"]);
});
