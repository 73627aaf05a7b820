import { expect, it } from "vitest";
import { expiresAt } from "@/components/term";
import { blocked, type Detail, type Draft, goesBack, missing, refusals } from "@/pages/review/model";

const host = (name: string, can_live_without: boolean) => ({ capability: { kind: "host", host: name }, words: name, sources: [], can_live_without });
const pack = (name: string) => ({ capability: { kind: "package", name }, words: name, sources: [], can_live_without: true });
const detail = (more: object = {}) =>
  ({ review: { purpose: "publish" }, approval_needs: { acknowledge: ["r:1", "r:1:2"], tool_name: "s__t", bulk: false }, grants: { new: [host("a.test", false), host("b.test", true)], existing: [] }, ...more }) as unknown as Detail;
const draft = (more: Partial<Draft> = {}): Draft => ({ ticked: new Set(), typed: "", refused: new Map(), terms: new Map(), ...more });
const all = { ticked: new Set(["r:1", "r:1:2"]), typed: "s__t" };

it("says what is missing until nothing is, and asks for nothing that the server does not", () => {
  expect(missing(detail(), draft())).toContain("2 findings");
  expect(missing(detail(), draft({ ticked: new Set(["r:1"]) }))).toContain("Tick the finding");
  expect(missing(detail(), draft({ ...all, typed: "s__T" }))).toContain("name");
  expect(missing(detail(), draft({ ...all, terms: new Map([["host b.test", "-"]]) }))).toContain("day");
  expect(missing(detail(), draft({ ...all, refused: new Map([["host b.test", " "]]) }))).toContain("why");
  expect(missing(detail(), draft(all))).toBeUndefined();
  expect(missing(detail({ approval_needs: { acknowledge: [], tool_name: null, bulk: true } }), draft())).toBeUndefined();
});

it("a refusal that the tool cannot live without sends the whole back, and that wants reasons alone", () => {
  expect(goesBack(detail(), draft({ refused: new Map([["host b.test", "no"]]) }))).toBe(false);
  const refused = new Map([["host a.test", " too far "]]);
  expect(goesBack(detail(), draft({ refused }))).toBe(true);
  expect(missing(detail(), draft({ refused }))).toBeUndefined();
  expect(refusals(detail(), draft({ refused }))).toEqual([{ capability: { kind: "host", host: "a.test" }, reason: "too far" }]);
});

it("packages are refused together or not at all, and a bundle of grants needs one that is left", () => {
  const packages = detail({ grants: { new: [pack("x"), pack("y")], existing: [] } });
  expect(goesBack(packages, draft({ refused: new Map([["package x", "no"]]) }))).toBe(true);
  expect(goesBack(packages, draft({ refused: new Map([["package x", "no"], ["package y", "no"]]) }))).toBe(false);
  const grants = detail({ review: { purpose: "grant" }, grants: { new: [host("b.test", true)], existing: [] } });
  expect(goesBack(grants, draft())).toBe(false);
  expect(goesBack(grants, draft({ refused: new Map([["host b.test", "no"]]) }))).toBe(true);
});

it("packages that are not known yet cannot be approved", () => {
  expect(blocked(detail({ packages: { state: "pending" } }))).toContain("resolved");
  expect(blocked(detail({ packages: { state: "resolved" } }))).toBeUndefined();
});

it("a term counts from the moment it is granted, or to the end of a day", () => {
  const now = new Date("2030-01-01T10:00:00Z");
  expect([expiresAt("", now), expiresAt("-", now)]).toEqual([undefined, undefined]);
  expect(expiresAt("7", now)).toBe("2030-01-08T10:00:00.000Z");
  expect(expiresAt("2030-02-03", now)).toBe(new Date("2030-02-03T23:59:59").toISOString());
});
