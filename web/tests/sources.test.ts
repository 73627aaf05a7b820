import { describe, expect, it } from "vitest";
import type { Grant } from "@/pages/servers/grants/matrix";
import { asSentence, authWords, hostsOf, isChoosable, loginStateOf, ruleOf, type Source, stateOf, waitingGrant, whyNoAddress } from "@/pages/servers/sources/words";

const source = (more: Partial<Source> = {}) => ({ source_id: "1", name: "there", url: "https://mcp.example.com/mcp", auth: "none", access: "approved", health: "connected", tools: [], quarantined: [], ...more }) as Source;

describe("how a source is", () => {
  it("what may not be reached has no other state, and what is worst is told first", () => {
    expect(stateOf(source({ access: "pending", health: "connected" } as Partial<Source>)).label).toBe("Waits for you");
    expect(stateOf(source({ access: "revoked", quarantined: ["s__a"] })).label).toBe("Not allowed");
    expect(stateOf(source({ access: null })).label).toBe("Not allowed");
    expect(stateOf(source({ health: "failing", error: "x", attempts: 2, quarantined: ["s__a"] } as Partial<Source>))).toEqual({ tone: "bad", label: "Does not answer" });
    expect(stateOf(source({ quarantined: ["s__a"] }))).toEqual({ tone: "warn", label: "Changed" });
    expect(stateOf(source()).tone).toBe("ok");
    expect(stateOf(source({ health: "unknown" } as Partial<Source>)).label).toBe("Not asked yet");
  });

  it("one that wants an account says whether somebody is logged in before anything else", () => {
    const oauth = (state?: string, more: object = {}) => source({ auth: "oauth", login: state ? { state } : null, ...more } as Partial<Source>);
    expect(stateOf(oauth()).label).toBe("Needs a login");
    expect(stateOf(oauth("needed")).label).toBe("Needs a login");
    expect(stateOf(oauth("ended", { health: "failing", error: "x", attempts: 1 }))).toEqual({ tone: "bad", label: "Log in again" });
    expect(stateOf(oauth("active")).tone).toBe("ok");
    expect(stateOf(oauth("ended", { access: "pending" })).label).toBe("Waits for you");
    expect(loginStateOf(source())).toBeUndefined();
    expect(authWords(oauth())).toBe("with a login of yours");
    expect(ruleOf(oauth()).auth).toBe("oauth");
    expect(hostsOf(["https://login.example.com", "http://10.0.0.1:8080"])).toBe("login.example.com, http://10.0.0.1:8080");
  });

  it("says with what it is reached, and never a value", () => {
    expect(authWords(source())).toBe("without login");
    expect(authWords(source({ auth: "header", header: "x-key", secret: "KEY" } as Partial<Source>))).toBe("with KEY as x-key");
  });
});

it("the request that waits is the one for exactly this address and secret on this server", () => {
  const bearer = source({ auth: "bearer", secret: "TOKEN" } as Partial<Source>);
  const grant = (id: string, change: object, scope = "s", state = "pending") => ({ id, state, scope: { level: "server", id: scope }, capability: { kind: "source", ...ruleOf(bearer), ...change } }) as Grant;
  const found = (grants: Grant[]) => waitingGrant(bearer, "s", grants)?.id;
  expect(found([grant("other address", { url: "https://evil.example/mcp" }), grant("other secret", { secret: "OTHER" }), grant("other server", {}, "t"), grant("decided", {}, "s", "approved"), grant("it", {})])).toBe("it");
  expect(found([grant("decided", {}, "s", "rejected")])).toBeUndefined();
});

it("an address is a place without credentials, and not this machine", () => {
  for (const fine of ["", "https://mcp.example.com/mcp", "http://192.168.1.5:8080/mcp"]) expect(whyNoAddress(fine)).toBeUndefined();
  expect(whyNoAddress("mcp.example.com")).toContain("whole address");
  expect(whyNoAddress("ftp://mcp.example.com")).toContain("whole address");
  for (const secret of ["https://u:p@a.example/", "https://a.example/mcp?token=x"]) expect(whyNoAddress(secret)).toContain("secret");
  for (const own of ["http://localhost:1/", "http://127.0.0.1/mcp", "http://[::1]/mcp"]) expect(whyNoAddress(own)).toContain("never reached");
});

it("only what was not imported can be chosen", () => {
  const tool = (news: "new" | "imported" | "changed") => ({ name: "a", description: "", news });
  expect([tool("new"), tool("imported"), tool("changed")].map(isChoosable)).toEqual([true, false, false]);
});

describe("what went wrong with a login", () => {
  it("is a sentence, and an address in front stays as it is", () => {
    expect(asSentence("it came without the means to renew it")).toBe("It came without the means to renew it.");
    expect(asSentence("https://auth.example.com answered 400")).toBe("https://auth.example.com answered 400.");
    expect(asSentence("auth.example.com did not answer")).toBe("auth.example.com did not answer.");
    expect(asSentence("invalid_grant: gone")).toBe("invalid_grant: gone.");
    expect(asSentence("Log in again.")).toBe("Log in again.");
    expect(asSentence("")).toBe("");
  });
});
