import { expect, it } from "vitest";
import { parsed } from "@/pages/activity/Replay";
import { byPosition, filterOf, mentions, pagesOf, type Run } from "@/pages/activity/runs";
import { percentiles } from "@/pages/dashboard/Figures";
import { complaint, merged } from "@/pages/settings/draft";
import { effect } from "@/pages/settings/Rules";

const run = (id: string, more: Partial<Run> = {}) => ({ id, server_name: "s", tool_name: "t", actor: { name: "Client" }, stdout: "", arguments: {}, result: null, observed: { hosts: [] }, ...more }) as unknown as Run;
const page = (number: number, total: number, ...ids: string[]) => ({ items: ids.map((id) => run(id)), total, page: number, page_size: 2, pages: Math.ceil(total / 2) });

it("a run keeps its place while new ones come, whenever its page was read", () => {
  const before = byPosition([page(1, 4, "d", "c"), page(2, 4, "b", "a")]);
  const after = byPosition([page(1, 5, "e", "d"), page(2, 4, "b", "a")]);
  expect([...before.keys()].sort().map((position) => before.get(position)?.id)).toEqual(["a", "b", "c", "d"]);
  expect([0, 1, 3, 4].map((position) => after.get(position)?.id)).toEqual(["a", "b", "d", "e"]);
});

it("only the pages on screen are read, and never many at once", () => {
  expect(pagesOf(49_999, 49_960, 50_000)).toEqual([1]);
  expect(pagesOf(25_020, 24_990, 50_000)).toEqual([250, 251]);
  expect(pagesOf(49_999, 0, 50_000)).toHaveLength(4);
});

it("filters say the same as the address", () => {
  expect(filterOf({ outcome: "failed", kind: "tests", by: "ada" })).toMatchObject({ failed: true, profile: "quarantine", actor: "ada" });
  expect(filterOf({ outcome: "succeeded" }).failed).toBe(false);
  expect(filterOf({}).failed).toBeUndefined();
});

it("a text is found in input, output, prints, errors and hosts", () => {
  const found = run("a", { arguments: { city: "Berlin" }, failure: { kind: "host_denied", message: "Not Granted" } } as unknown as Partial<Run>);
  expect(["berlin", "not granted", "s__t", "client"].every((text) => mentions(found, text))).toBe(true);
  expect(mentions(found, "paris")).toBe(false);
});

it("input to run again must be an object", () => {
  expect(parsed('{"a": 1}')).toEqual({ a: 1 });
  expect(["[1]", "1", "null", "{", ""].map(parsed)).toEqual(Array(5).fill(undefined));
});

it("percentiles are those of real runs", () => {
  const runs = Array.from({ length: 100 }, (_, index) => ({ observed: { duration_us: (100 - index) * 1_000 } })) as unknown as Run[];
  expect(percentiles(runs)).toEqual({ median: 50, p95: 95 });
  expect(percentiles([])).toBeUndefined();
});

it("settings that the form does not know survive a save", () => {
  const settings = { draft_testing: "quarantine", remote_delete: true, code_mode: true, log_retention_days: 30, open_requests_per_client: 20, default_limits: { timeout_ms: 30_000, cpu_ms: 60_000, memory_bytes: 256 << 20, result_bytes: 7, stdout_bytes: 8 }, auto_approval: { pure_compute: false, granted_get: true, identical: false }, of_tomorrow: { deep: true } } as const;
  expect(merged(settings, { log_retention_days: "7", memory_mib: "64" })).toEqual({ ...settings, log_retention_days: 7, default_limits: { ...settings.default_limits, memory_bytes: 64 << 20 } });
  expect(merged(settings, {})).toEqual(settings);
  expect(complaint("log_retention_days", "0")).toBe("From 1 to 3,650.");
  expect(complaint("timeout_s", "soon")).toBe("A number, please.");
});

it("the effect of a rule says when it would have been wrong", () => {
  expect(effect({ would_approve: 3, against_a_human: 1 }, 12)).toBe("Of 12 reviews in the last 30 days it would have approved 3, 1 of them against a human's decision.");
  expect(effect({ would_approve: 0, against_a_human: 0 }, 0)).toContain("no review");
});
