import { describe, expect, it } from "vitest";
import type { Schema } from "@/api/client";
import { programWords } from "@/components/capability";
import { type Draft, EMPTY, hintOf, isSound, lacksOwn, programOf, secretHints, secretsOf, whyNoArguments, whyNoCommand, whyNoHosts, whyNoPaths, whyNoVariables } from "@/pages/servers/sources/program";
import type { Source } from "@/pages/servers/sources/words";

const draft = (more: Partial<Draft> = {}): Draft => ({ ...EMPTY, command: "node", ...more });
const secret = (key: string, more: object = {}) => ({ key, has_value: false, mode: "revealed", ...more }) as Schema["SecretSummary"];

describe("a program as it is entered", () => {
  it("is sent word by word: spaces in an argument stay, those around a path and empty lines of paths go", () => {
    const sent = programOf(draft({ command: " node ", args: "/opt/a b.js\n\n --x \n", read: " /opt \n\n", write: "/srv/notes", hasOwn: true, variables: [{ name: "MODE", kind: "text", value: "a b" }, { name: "TOKEN", kind: "secret", value: "GH_TOKEN" }] }));
    expect(sent).toEqual({ command: "node", args: ["/opt/a b.js", "", " --x "], read: ["/opt"], write: ["/srv/notes"], hosts: [], private: true, env: { MODE: { value: "a b" }, TOKEN: { secret: "GH_TOKEN" } } });
  });

  it("an empty line before another is an empty argument, and none at the end", () => {
    const args = (text: string) => programOf(draft({ args: text })).args;
    expect(args("--tag\r\n\r\n--all\n\n")).toEqual(["--tag", "", "--all"]);
    expect(args("\n--all")).toEqual(["", "--all"]);
    expect(args("\n\n")).toEqual([]);
    expect(args("")).toEqual([]);
  });

  it("is whole when all that was begun has an end", () => {
    expect(isSound(draft())).toBe(true);
    expect(isSound(draft({ command: " " }))).toBe(false);
    expect(isSound(draft({ variables: [{ name: "", kind: "text", value: "x" }] }))).toBe(false);
    expect(isSound(draft({ variables: [{ name: "A", kind: "secret", value: "" }] }))).toBe(false);
    expect(isSound(draft({ variables: [{ name: "A", kind: "text", value: "" }] }))).toBe(true);
    expect(isSound(draft({ write: "/proc" }))).toBe(false);
  });

  it("speaks of the private directory only where there is one", () => {
    expect(lacksOwn(draft({ args: "{private}/x" }))).toBe(true);
    expect(lacksOwn(draft({ args: "{private}/x", hasOwn: true }))).toBe(false);
    expect(lacksOwn(draft({ variables: [{ name: "A", kind: "text", value: "{private}" }] }))).toBe(true);
    expect(lacksOwn(draft())).toBe(false);
  });
});

describe("what the server refuses is said before it is sent", () => {
  it("commands", () => {
    for (const fine of ["", "node", "/usr/bin/node"]) expect(whyNoCommand(fine)).toBeUndefined();
    for (const wrong of ["./server", "bin/server", "no\u202ede", "x".repeat(4_001)]) expect(whyNoCommand(wrong)).toBeDefined();
    expect(hintOf("npx -y server")).toContain("npx starts other programs");
    expect(hintOf("/opt/docker/server")).not.toContain("starts other");
    expect(hintOf("node server.js")).toContain("Arguments stand below");
  });

  it("paths", () => {
    expect(whyNoPaths("/opt/mcp\n/procedures\n")).toBeUndefined();
    for (const wrong of ["/proc/1", "/sys", "/run/docker.sock", "/var/run", "relative", "/a/../b", "/a//b", "/a/", "/", "/a\u200bb"]) expect(whyNoPaths(`/opt\n${wrong}`), wrong).toBeDefined();
  });

  it("hosts, which are sent in parts", () => {
    const { hosts } = programOf(draft({ hosts: "API.example.com\n nas.lan:8080\n[2001:db8::1]:443\n2001:db8::1\n" }));
    expect(hosts).toEqual([{ host: "api.example.com" }, { host: "nas.lan", port: 8080 }, { host: "2001:db8::1", port: 443 }, { host: "2001:db8::1" }]);
    expect(whyNoHosts("api.example.com\nnas.lan:8080\n[2001:db8::1]:443\n2001:db8::1")).toBeUndefined();
    for (const wrong of ["https://example.com", "*.example.com", "a b", "user@example.com", "nas.lan:99999", ":80"]) expect(whyNoHosts(wrong), wrong).toBeDefined();
  });

  it("arguments and variables", () => {
    expect(whyNoArguments("a\r\nb")).toBeUndefined();
    expect(whyNoArguments("a\tb")).toContain("cannot be seen");
    expect(whyNoArguments("a\n".repeat(65))).toContain("At most 64");
    expect(whyNoArguments("ä".repeat(2_001))).toContain("bytes");
    const text = (name: string, value = "") => ({ name, kind: "text", value }) as const;
    expect(whyNoVariables([text("NODE_ENV"), text(""), text("")])).toBeUndefined();
    expect(whyNoVariables([text("A=B")])).toContain("no name");
    expect(whyNoVariables([text("A"), text("A")])).toContain("twice");
    expect(whyNoVariables([{ name: "A", kind: "secret", value: "1A" }])).toContain("no key");
    expect(whyNoVariables([text("A", "x\u200by")])).toContain("cannot be seen");
  });
});

it("what a human allows cannot be mistaken: a path with a space or a comma is quoted as it would be typed", () => {
  const words = programWords({ command: "node", read: ["/srv/x, reaches evil.example"], write: ["/srv/my notes"], private: true, hosts: [{ host: "api.example.com" }] });
  expect(words).toBe("node, reads '/srv/x, reaches evil.example', reads and changes '/srv/my notes', a directory of its own, reaches api.example.com");
});

it("secrets that are not there yet or that code may not see are told", () => {
  const wants = (value: string) => ({ name: "A", kind: "secret", value }) as const;
  expect(secretHints([wants("NEW"), wants("NEW")], [])).toHaveLength(1);
  expect(secretHints([wants("OPEN")], [secret("OPEN")])).toEqual([]);
  expect(secretHints([wants("SHUT")], [secret("SHUT", { mode: "sealed" })])[0]).toContain("sealed");
});

it("a source names the secrets that it needs, a program each of its own", () => {
  const program = { command: "node", env: { A: { secret: "ONE" }, B: { value: "TWO" } } };
  const all = [secret("ONE"), secret("TWO"), secret("THREE")];
  const named = (source: object) => secretsOf(source as Source, all).map(({ key }) => key);
  expect(named({ auth: "none", program })).toEqual(["ONE"]);
  expect(named({ auth: "bearer", secret: "THREE" })).toEqual(["THREE"]);
  expect(named({ auth: "oauth" })).toEqual([]);
});
