import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, handleOf } from "./support/browser";
import { Client, mcp } from "./support/client";
import { UNVERIFIED } from "./support/provider";
import { CALLBACK, CIMD, MCP, PUBLIC, World } from "./support/world";

const ADA = "ada@example.com";
const EVE = "eve@example.com";

let world: World;

beforeAll(async () => {
  world = await World.start([ADA]);
});
afterAll(() => world.stop());

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse((await world.ask("GET", `${PUBLIC}${path}`)).text);
}

test("a stranger is told where to sign in", async () => {
  const answer = await mcp(world, "", "tools/list");
  expect(answer.status).toBe(401);
  const challenge = answer.headers.get("www-authenticate") ?? "";
  expect(challenge).toContain(`resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource/mcp"`);
  expect(challenge).toContain('scope="mcp:tools"');
  expect((await mcp(world, "a:b:c", "tools/list")).status).toBe(401);
});

test("the metadata names this resource and this server, and what clients look for", async () => {
  const resource = await json("/.well-known/oauth-protected-resource/mcp");
  expect(resource).toMatchObject({ resource: MCP, authorization_servers: [PUBLIC], scopes_supported: ["mcp:tools"] });
  expect(await json("/.well-known/oauth-authorization-server")).toMatchObject({
    issuer: PUBLIC,
    authorization_endpoint: `${PUBLIC}/oauth/authorize`,
    token_endpoint: `${PUBLIC}/oauth/token`,
    registration_endpoint: `${PUBLIC}/oauth/register`,
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    scopes_supported: ["mcp:tools", "mcp:author"],
    token_endpoint_auth_methods_supported: expect.arrayContaining(["none"]),
  });
});

describe("the page that asks", () => {
  test("shows a registered client as unverified, where access goes, and runs nothing of it", async () => {
    const client = await Client.register(world);
    const page = await new Browser(world).open(client.authorizeUrl());
    expect(page.status).toBe(200);
    expect(page.text).toContain("Test &#60;b&#62;Client&#60;/b&#62;");
    expect(page.text).not.toContain("<b>");
    expect(page.text).toContain("nobody checked that name");
    expect(page.text).toContain("<strong>client.test</strong>");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });

  test("names the domain of a client that has a document, and warns of one on this computer", async () => {
    const client = new Client(world, CIMD);
    const page = await new Browser(world).open(client.authorizeUrl());
    expect(page.text).toContain("published by <strong>client.test</strong>");
    const local = await new Browser(world).open(
      client.authorizeUrl({ redirect_uri: "http://127.0.0.1:49152/callback" }),
    );
    expect(local.text).toContain("a program on your own computer");
  });

  test("sends a refusal back with state and iss", async () => {
    const client = await Client.register(world);
    const browser = new Browser(world);
    const handle = handleOf((await browser.open(client.authorizeUrl())).text);
    const form = new URLSearchParams({ handle, decision: "deny" });
    const back = new URL((await browser.open(client.authorizeUrl(), CALLBACK, form)).url);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: "access_denied",
      state: "the-state",
      iss: PUBLIC,
    });
  });

  test("takes no form from another browser, and no form twice", async () => {
    const client = await Client.register(world);
    const browser = new Browser(world);
    const handle = handleOf((await browser.open(client.authorizeUrl())).text);
    const form = new URLSearchParams({ handle, decision: "approve", scope: "mcp:tools" });
    expect((await new Browser(world).open(client.authorizeUrl(), "https://access.test", form)).status).toBe(400);
    expect((await browser.open(client.authorizeUrl(), "https://access.test", form)).status).toBe(302);
    expect((await browser.open(client.authorizeUrl(), "https://access.test", form)).status).toBe(400);
  });

  test.each([
    ["another resource", { resource: "https://evil.example/mcp" }, "invalid_target"],
    ["no challenge", { code_challenge: "" }, "invalid_request"],
    ["a plain challenge", { code_challenge_method: "plain" }, "invalid_request"],
  ])("refuses %s, and says so to the client", async (_, wrong, code) => {
    const client = await Client.register(world);
    const page = await new Browser(world).open(client.authorizeUrl(wrong), CALLBACK);
    const back = new URL(page.url);
    expect(back.origin).toBe("https://client.test");
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: code, iss: PUBLIC });
  });

  test("never redirects to an address that was not registered", async () => {
    const client = await Client.register(world);
    for (const redirect_uri of ["https://evil.example/callback", `${CALLBACK}/more`, "javascript:alert(1)"]) {
      const page = await new Browser(world).open(client.authorizeUrl({ redirect_uri }));
      expect(page.status).toBe(400);
      expect(page.url.startsWith(PUBLIC)).toBe(true);
    }
  });
});

describe("signing in", () => {
  test("gives a code with iss, once, for tokens of this resource", async () => {
    const client = new Client(world, CIMD);
    const back = await new Browser(world).authorize(client.authorizeUrl(), ADA, ["mcp:tools"], CALLBACK);
    expect(back.searchParams.get("iss")).toBe(PUBLIC);
    expect(back.searchParams.get("state")).toBe("the-state");
    const code = back.searchParams.get("code") ?? "";
    const stolen = new Client(world, CIMD);
    expect((await stolen.exchange(code)).status, "without the verifier").toBe(400);
    const answer = await client.exchange(code);
    expect(answer.headers.get("cache-control")).toContain("no-store");
    const tokens = JSON.parse(answer.text);
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 3600, resource: MCP, scope: "mcp:tools" });
    expect((await mcp(world, tokens.access_token, "tools/list")).status).toBe(200);
    expect((await client.exchange(code)).status, "a code works once").toBe(400);
    expect((await mcp(world, tokens.access_token, "tools/list")).status, "and its second use ends all").toBe(401);
  });

  test("refreshes with rotation, and only for this resource", async () => {
    const client = await Client.register(world);
    const tokens = await client.signIn(ADA);
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    const wrong = await client.token({ ...refresh, resource: "https://evil.example/mcp" });
    expect([wrong.status, JSON.parse(wrong.text).error]).toEqual([400, "invalid_target"]);
    const next = JSON.parse((await client.token({ ...refresh, resource: MCP })).text);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect((await mcp(world, next.access_token, "tools/list")).status).toBe(200);
    const other = await Client.register(world);
    expect((await other.token(refresh)).status, "of another client").toBe(400);
  });

  test("refuses an address that the provider did not verify", async () => {
    const client = await Client.register(world);
    const back = await new Browser(world).authorize(client.authorizeUrl(), UNVERIFIED, ["mcp:tools"], CALLBACK);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: "access_denied", iss: PUBLIC });
  });

  test("takes an answer of the provider only in the browser that began, and only once", async () => {
    const client = await Client.register(world);
    const browser = new Browser(world);
    const handle = handleOf((await browser.open(client.authorizeUrl())).text);
    const form = new URLSearchParams({ handle, decision: "approve", scope: "mcp:tools" });
    const there = new URL((await browser.open(client.authorizeUrl(), "https://access.test", form)).url);
    expect(there.searchParams.get("code_challenge_method")).toBe("S256");
    const state = there.searchParams.get("state") ?? "";
    const callback = `${PUBLIC}/oauth/callback?state=${encodeURIComponent(state)}&error=access_denied`;
    expect((await new Browser(world).open(callback, CALLBACK)).status).toBe(400);
    expect(new URL((await browser.open(callback, CALLBACK)).url).searchParams.get("error")).toBe("access_denied");
    expect((await browser.open(callback, CALLBACK)).status).toBe(400);
  });

  test("does not help whom the gateway does not know: 403, so that no client tries again for ever", async () => {
    const client = await Client.register(world);
    const tokens = await client.signIn(EVE);
    const answer = await mcp(world, tokens.access_token, "tools/list");
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("may not use this MCPbox");
  });
});
