import { expect, it } from "vitest";
import { parsed } from "@/pages/activity/Replay";
import { filterOf, sinceOf, spanOf } from "@/pages/activity/runs";
import { browserOf } from "@/pages/settings/browser";
import { complaint, merged } from "@/pages/settings/draft";
import { effect } from "@/pages/settings/Rules";

it("filters say the same as the address", () => {
  expect(filterOf({ outcome: "failed", kind: "tests", by: "ada" })).toMatchObject({ failed: true, profile: "quarantine", actor: "ada" });
  expect(filterOf({ outcome: "succeeded" }).failed).toBe(false);
  expect(filterOf({}).failed).toBeUndefined();
  expect(filterOf({ text: "timeout" }).text).toBe("timeout");
});

it("what was marked in the chart says when the list begins and ends", () => {
  const marked = { from: "2026-11-21T10:00:00.000Z", until: "2026-11-21T11:00:00.000Z" };
  expect(spanOf(marked)).toEqual({ from: Date.parse(marked.from), to: Date.parse(marked.until) });
  expect([spanOf({ from: marked.from }), spanOf({ from: marked.until, until: marked.from })]).toEqual([undefined, undefined]);
  expect(sinceOf({ ...marked, range: "all" }, new Date())).toBe(marked.from);
  expect(sinceOf({ range: "1h" }, new Date("2026-11-21T10:30:40Z"))).toBe("2026-11-21T09:30:00.000Z");
  expect(sinceOf({ range: "all" }, new Date())).toBeUndefined();
});

it("browsers are named as people know them", () => {
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0";
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
  expect([firefox, edge, safari, "curl/8.1", ""].map(browserOf)).toEqual(["Firefox 140 on Linux", "Edge 141 on Windows", "Safari 18 on iOS", "curl/8.1", "Not known"]);
});

it("input to run again must be an object", () => {
  expect(parsed('{"a": 1}')).toEqual({ a: 1 });
  expect(["[1]", "1", "null", "{", ""].map(parsed)).toEqual(Array(5).fill(undefined));
});

it("settings that the form does not know survive a save", () => {
  const settings = { draft_testing: "quarantine", remote_delete: true, code_mode: true, log_retention_days: 30, open_requests_per_client: 20, default_limits: { timeout_ms: 30_000, cpu_ms: 60_000, memory_bytes: 256 << 20, result_bytes: 7, stdout_bytes: 8 }, auto_approval: { pure_compute: false, granted_get: true, identical: false }, storage: { servers: 1, tools_per_server: 2, versions_per_day: 3, versions_kept: 50, code_mb: 4, runs_mb_per_tool: 100, reserve_mb: 200 }, backup: { is_on: false, every_hours: 24, keep: 7 }, remote: { password_login: false }, front: null, of_tomorrow: { deep: true } } as const;
  expect(merged(settings, { log_retention_days: "7", memory_mib: "64", reserve_mb: "0" })).toEqual({ ...settings, log_retention_days: 7, storage: { ...settings.storage, reserve_mb: 0 }, default_limits: { ...settings.default_limits, memory_bytes: 64 << 20 } });
  expect(merged(settings, {})).toEqual(settings);
  expect(complaint("log_retention_days", "0")).toBe("From 1 to 3,650.");
  expect(complaint("timeout_s", "soon")).toBe("A number, please.");
});

it("the effect of a rule says when it would have been wrong", () => {
  expect(effect({ would_approve: 3, against_a_human: 1 }, 12)).toBe("Of 12 reviews in the last 30 days it would have approved 3, 1 of them against a human's decision.");
  expect(effect({ would_approve: 0, against_a_human: 0 }, 0)).toContain("no review");
});
