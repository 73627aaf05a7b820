import { describe, expect, it } from "vitest";
import type { Schema } from "@/api/client";
import { blocks, wouldBreak } from "@/components/run";
import { secretRows } from "@/pages/secrets/readers";
import { hostsOf } from "@/pages/secrets/Terms";
import { whyNoName } from "@/pages/servers/CreateServer";
import { LIMITS, limitTexts, parseLimits, whyNoLimit } from "@/pages/servers/detail/limits";
import { type Grant, matrix, parseCapability } from "@/pages/servers/grants/matrix";

const grant = (id: string, scope: Grant["scope"], capability: Grant["capability"], state: Grant["state"] = "approved") => ({ id, scope, capability, state }) as Grant;
const host = (name: string): Grant["capability"] => ({ kind: "host", host: name });

describe("the grants of a server", () => {
  const tools = ["one", "two"];

  it("a tool has what is its own, its server's, or everybody's", () => {
    const grants = [
      grant("1", { level: "tool", id: "one" }, host("a.test")),
      grant("2", { level: "server", id: "here" }, host("b.test")),
      grant("3", { level: "everywhere" }, { kind: "module", name: "zlib" }),
    ];
    const [hosts, modules] = matrix(grants, "here", tools);
    expect(hosts?.lines.map(({ all, tools: cells }) => [all.state, ...cells.map(({ state }) => state)])).toEqual([["none", "granted", "none"], ["granted", "server", "server"]]);
    expect(modules?.lines[0]?.tools.map(({ state }) => state)).toEqual(["everywhere", "everywhere"]);
  });

  it("what belongs to others, or was taken back, is not there; what is asked for is", () => {
    const grants = [
      grant("1", { level: "tool", id: "elsewhere" }, host("a.test")),
      grant("2", { level: "tool", id: "one" }, host("b.test"), "revoked"),
      grant("3", { level: "tool", id: "two" }, host("c.test"), "pending"),
    ];
    const [hosts, ...rest] = matrix(grants, "here", tools);
    expect(rest).toEqual([]);
    expect(hosts?.lines.map(({ key, tools: cells }) => [key, ...cells.map(({ state }) => state)])).toEqual([["host c.test", "none", "pending"]]);
  });

  it("what is typed becomes a capability, or nothing", () => {
    expect(parseCapability("host", " api.example.com:8443 ", "GET")).toEqual({ kind: "host", host: "api.example.com", port: 8443, method: "GET" });
    expect(parseCapability("host", "https://api.example.com/", "")).toMatchObject({ host: "api.example.com", port: undefined });
    expect(parseCapability("host", "[::1]:80", "")).toMatchObject({ host: "::1", port: 80 });
    expect(parseCapability("host", "::1", "")).toMatchObject({ host: "::1", port: undefined });
    expect(parseCapability("host", "api.example.com:99999", "")).toBeUndefined();
    expect(parseCapability("host", "api.example.com/path", "")).toBeUndefined();
    expect(parseCapability("module", "two words", "")).toBeUndefined();
  });
});

describe("secrets", () => {
  const secret = (server: string, key: string, has_value: boolean) => ({ id: key, server, key, has_value, description: "", hosts: [], mode: "sealed", server_id: server, created_at: "", updated_at: "" }) satisfies Schema["ServerSecret"] as Schema["ServerSecret"];
  const tools = [{ id: "t1", server_id: "s1", name: "weather__now" }];

  it("are shown with those who may use them; what wants a value is first, also when nobody made it yet", () => {
    const use = (key: string, scope: Grant["scope"]) => grant(key, scope, { kind: "secret", key });
    const grants = [use("KEY", { level: "server", id: "s1" }), use("LOST", { level: "tool", id: "t1" }), use("KEY", { level: "tool", id: "t1" })];
    const rows = secretRows([secret("weather", "OLD", true), secret("weather", "KEY", true), secret("weather", "NEW", false)], grants, tools);
    expect(rows.map(({ key, has_value, readers }) => [key, has_value, readers])).toEqual([
      ["LOST", false, ["weather__now"]],
      ["NEW", false, []],
      ["KEY", true, ["weather__*", "weather__now"]],
      ["OLD", true, []],
    ]);
  });

  it("hosts are separated by commas, spaces or lines", () => {
    expect(hostsOf(" a.test, b.test:443\nc.test ,")).toEqual(["a.test", "b.test:443", "c.test"]);
  });
});

describe("limits", () => {
  const limits = { timeout_ms: 30_000, cpu_ms: 60_000, memory_bytes: 268_435_456, result_bytes: 1_048_576, stdout_bytes: 1_048_576 };

  it("are read back as they were shown", () => {
    expect(limitTexts(limits)).toEqual({ timeout_ms: "30", cpu_ms: "60", memory_bytes: "256", result_bytes: "1024", stdout_bytes: "1024" });
    expect(parseLimits(limitTexts(limits))).toEqual(limits);
    expect(parseLimits({ ...limitTexts(limits), timeout_ms: "1,5" })?.timeout_ms).toBe(1_500);
  });

  it("out of range or no number is none", () => {
    const [timeout] = LIMITS;
    for (const text of ["", "x", "0", "601", "Infinity"]) expect(timeout && whyNoLimit(timeout, text), text).toBeTruthy();
    expect(parseLimits({ ...limitTexts(limits), memory_bytes: "1" })).toBeUndefined();
  });

  it("tell which runs they would have ended", () => {
    const run = (duration_us: number, peak_memory_bytes: number) => ({ observed: { duration_us, cpu_us: 0, peak_memory_bytes } }) as Schema["CallRecord"];
    expect(wouldBreak([run(1, 1), run(31_000_000, 1), run(1, 300_000_000)], limits)).toHaveLength(2);
  });
});

it("a server's name is checked before it is sent", () => {
  for (const name of ["Weather", "1a", "a__b", "mcpbox_x", "a".repeat(32)]) expect(whyNoName(name), name).toBeTruthy();
  for (const name of ["", "weather", "a_b", "a".repeat(31)]) expect(whyNoName(name), name).toBeUndefined();
});

it("content of a result is text, a picture, or named; never a document", () => {
  const shown = blocks([
    { type: "text", text: "<b>hi</b>" },
    { type: "image", mimeType: "image/png", data: "aGk=" },
    { type: "image", mimeType: "image/svg+xml", data: "aGk=" },
    { type: "image", mimeType: "image/png", data: '" onerror="alert(1)' },
    null,
  ]);
  expect(shown.map(({ kind }) => kind)).toEqual(["text", "image", "other", "other", "other"]);
  expect(shown[1]).toEqual({ kind: "image", source: "data:image/png;base64,aGk=" });
});
