import { expect, it } from "vitest";
import type { Detail } from "@/pages/review/coming";
import { blocked, frictionOf, missing, namedFindings, newGains, oldGains } from "@/pages/review/model";

const finding = (severity: string, line: number) => ({ rule: "r", severity, line, message: "m", about: "code" });
const part = (what: string, is_new: boolean) => ({ kind: "host", what, is_new, methods: ["GET"], line: 12, text: `reach \`${what}\`` });
const detail = (risk: string, more: object = {}) =>
  ({ review: { risk }, name: "s__t", findings: [finding("warning", 1), finding("warning", 1), finding("notice", 2)], newly: { sentence: "", parts: [part("a.test", true), part("b.test", false)] }, ...more }) as unknown as Detail;

const draft = (ticked: string[], typed = "", refused: { capability: { kind: "module"; name: string }; reason: string }[] = []) => ({ ticked: new Set(ticked), typed, refused });

it("friction is only where risk is, and two findings at one place are two ticks", () => {
  expect(namedFindings(detail("high")).map(({ id }) => id)).toEqual(["r:1", "r:1:2", "r:2"]);
  expect(frictionOf(detail("low"))).toEqual({ toTick: [], toType: undefined });
  expect(frictionOf(detail("high"))).toEqual({ toTick: ["r:1", "r:1:2"], toType: undefined });
  expect(frictionOf(detail("critical")).toType).toBe("s__t");
});

it("a server that tells what an approval needs is believed", () => {
  const told = detail("low", { approval_needs: { acknowledge: ["x"], tool_name: "s__t" } });
  expect(frictionOf(told)).toEqual({ toTick: ["x"], toType: "s__t" });
});

it("says what is missing until nothing is", () => {
  const friction = frictionOf(detail("critical"));
  expect(missing(friction, draft([]))).toContain("2 findings");
  expect(missing(friction, draft(["r:1"]))).toContain("Tick the finding");
  expect(missing(friction, draft(["r:1", "r:1:2"], "s__T"))).toContain("name");
  expect(missing(friction, draft(["r:1", "r:1:2"], "s__t", [{ capability: { kind: "module", name: "x" }, reason: " " }]))).toContain("why");
  expect(missing(friction, draft(["r:1", "r:1:2"], "s__t"))).toBeUndefined();
});

it("tells new from old, with the line", () => {
  expect(newGains(detail("low")).map(({ words, line }) => [words, line])).toEqual([["reach a.test", 12]]);
  expect(oldGains(detail("low")).map(({ words }) => words)).toEqual(["reach b.test"]);
});

it("packages that are not known yet cannot be approved", () => {
  expect(blocked(detail("low", { packages: { state: "pending" } }))).toContain("resolved");
  expect(blocked(detail("low", { packages: { state: "resolved" } }))).toBeUndefined();
});
