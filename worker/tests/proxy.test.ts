import { Client as McpClient, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, mcp, type Tokens } from "./support/client";
import { SERVICE_TOKEN } from "./support/gateway";
import { MCP, PUBLIC, World } from "./support/world";

const ADA = "ada@example.com";

let world: World;
let author: Tokens;
let caller: Tokens;

beforeAll(async () => {
  world = await World.start([ADA, "eve@example.com"]);
  author = await (await Client.register(world)).signIn(ADA, ["mcp:tools", "mcp:author"]);
  caller = await (await Client.register(world)).signIn("eve@example.com");
});
afterAll(() => world.stop());

/** Who did `action` last, by the audit log of the gateway. */
async function whoDid(action: string): Promise<string> {
  const { items } = (await world.gateway.admin("GET", "/audit?page_size=100")) as {
    items: { action: string; actor: { name: string } }[];
  };
  return items.find((event) => event.action === action)?.actor.name ?? "nobody";
}

describe("the real gateway behind it", () => {
  test("answers a signed-in person, and its records name that person", async () => {
    const listed = JSON.parse((await mcp(world, author.access_token, "tools/list")).text);
    expect(listed.result.tools.map((tool: { name: string }) => tool.name)).toContain("mcpbox_create_server");
    const made = await mcp(world, author.access_token, "tools/call", {
      name: "mcpbox_create_server",
      arguments: { name: "made_from_outside" },
    });
    expect(JSON.parse(made.text).result.isError ?? false, made.text).toBe(false);
    expect(await whoDid("server.create")).toBe(ADA);
  });

  test("gives no more than was allowed", async () => {
    const asked = { name: "mcpbox_create_server", arguments: { name: "not_allowed" } };
    const answer = await mcp(world, caller.access_token, "tools/call", asked);
    const { result } = JSON.parse(answer.text);
    expect(answer.status === 403 || result?.isError === true, answer.text).toBe(true);
    const { items } = (await world.gateway.admin("GET", "/servers")) as { items: { name: string }[] };
    expect(items.map((server) => server.name)).not.toContain("not_allowed");
  });

  test("believes no header of a client", async () => {
    const forged = {
      "x-mcpbox-user-email": ADA,
      "x-mcpbox-service-token": "guessed",
      "x-mcpbox-scope": "mcp:tools mcp:author",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "evil.example",
      forwarded: "for=127.0.0.1",
    };
    const asked = { name: "mcpbox_create_server", arguments: { name: "forged" } };
    const answer = await mcp(world, caller.access_token, "tools/call", asked, forged);
    expect(answer.status === 403 || JSON.parse(answer.text).result?.isError === true, answer.text).toBe(true);
    const good = { name: "mcpbox_create_server", arguments: { name: "hers" } };
    await mcp(world, author.access_token, "tools/call", good, { ...forged, "x-mcpbox-user-email": "eve@example.com" });
    expect(await whoDid("server.create")).toBe(ADA);
  });

  test("serves the official SDK's client in both eras", async () => {
    const through = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const response = await world.worker.dispatchFetch(String(url), init as never);
      return new Response(response.body as never, { status: response.status, headers: [...response.headers] });
    };
    const authProvider = { token: async () => author.access_token };
    for (const mode of ["auto", "legacy"] as const) {
      const client = new McpClient({ name: "sdk", version: "1" }, { versionNegotiation: { mode } } as never);
      await client.connect(new StreamableHTTPClientTransport(new URL(MCP), { fetch: through, authProvider } as never));
      const { tools } = await client.listTools();
      expect(tools.length).toBeGreaterThan(5);
      const answer = await client.callTool({ name: "mcpbox_list_servers", arguments: {} });
      expect(answer.isError ?? false).toBe(false);
      await client.close();
    }
  });

  test("is reached at /mcp and nowhere else", async () => {
    const headers = new Headers({ authorization: `Bearer ${author.access_token}` });
    for (const path of ["/", "/health", "/metrics", "/mcp/tools", "/mcp/", "/mcp/../health", "/api/servers", "/MCP"]) {
      expect((await world.ask("GET", `${PUBLIC}${path}`, headers)).status, path).toBe(404);
    }
    expect((await world.ask("PUT", MCP, headers)).status).toBe(405);
  });
});

describe("what goes through", () => {
  async function sent(answer: () => Response, more: Record<string, string> = {}) {
    const seen: Request[] = [];
    const worker = world.before((request) => {
      seen.push(request);
      return answer();
    });
    // The same store, so that the token is known.
    try {
      const from = await world.worker.getKVNamespace("OAUTH_KV");
      const to = await worker.getKVNamespace("OAUTH_KV");
      for (const { name } of (await from.list({ prefix: "token:" })).keys) {
        await to.put(name, (await from.get(name)) ?? "");
      }
      const headers = { authorization: `Bearer ${caller.access_token}`, "content-type": "application/json", ...more };
      const response = await worker.dispatchFetch(MCP, { method: "POST", headers, body: "{}", redirect: "manual" });
      const text = await response.text();
      return { request: seen[0], status: response.status, headers: response.headers, text };
    } finally {
      await worker.dispose();
    }
  }

  test("is a list of headers, with three of our own", async () => {
    const forged = {
      "x-mcpbox-user-email": ADA,
      "x-mcpbox-else": "1",
      cookie: "a=b",
      "mcp-session-id": "s",
      via: "1.1 x",
    };
    const { request } = await sent(() => Response.json({}), forged);
    const headers = Object.fromEntries(request?.headers ?? []);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "mcp-session-id": "s",
      "x-mcpbox-service-token": SERVICE_TOKEN,
      "x-mcpbox-user-email": "eve@example.com",
      "x-mcpbox-scope": "mcp:tools",
    });
    for (const name of ["authorization", "cookie", "via", "x-mcpbox-else"]) expect(headers).not.toHaveProperty(name);
  });

  test("comes back without what is between gateway and Worker", async () => {
    const inner = { "content-type": "application/json", "set-cookie": "a=b", server: "x", "mcp-session-id": "s" };
    const { headers } = await sent(() => new Response("{}", { headers: inner }));
    expect(headers.get("mcp-session-id")).toBe("s");
    expect(headers.get("set-cookie") ?? headers.get("server")).toBeNull();
  });

  test("never tells a client to sign in again for a quarrel between Worker and gateway", async () => {
    for (const answer of [
      () => new Response("no", { status: 401, headers: { "www-authenticate": "Bearer" } }),
      () => new Response("", { status: 302, headers: { location: "https://evil.example" } }),
      () => {
        throw new Error("the tunnel is down");
      },
    ]) {
      const { status, headers, text } = await sent(answer);
      expect([status, headers.get("www-authenticate"), headers.get("location")]).toEqual([502, null, null]);
      expect(JSON.parse(text).error.message).toContain("MCPbox");
    }
  });

  test("names all scopes when one is missing", async () => {
    const challenge =
      'Bearer error="insufficient_scope", scope="mcp:tools mcp:author", resource_metadata="https://inner/x"';
    const { status, headers } = await sent(
      () => new Response("{}", { status: 403, headers: { "www-authenticate": challenge } }),
    );
    expect(status).toBe(403);
    const told = headers.get("www-authenticate") ?? "";
    expect(told).toContain('scope="mcp:tools mcp:author"');
    expect(told).toContain(`${PUBLIC}/.well-known/oauth-protected-resource/mcp`);
    expect(told).not.toContain("inner");
  });
});
