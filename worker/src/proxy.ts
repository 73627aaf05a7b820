// One request of a signed-in client, handed to the gateway. What goes through is listed here; everything else stays outside,
// so no header of a client can pass for one of ours.

import { insufficientScope, type OAuthResourceContext } from "@cloudflare/workers-oauth-provider";
import type { Env, Person } from "./env";

const METHODS = new Set(["GET", "POST", "DELETE"]);
const ASKED = new Set(["accept", "content-type", "last-event-id", "traceparent", "tracestate"]);
const ANSWERED = new Set(["content-type", "cache-control", "mcp-session-id", "mcp-protocol-version", "retry-after"]);

export async function forward(request: Request, env: Env, ctx: OAuthResourceContext<Person>): Promise<Response> {
  if (!METHODS.has(request.method)) {
    return new Response("MCP uses GET, POST and DELETE.\n", { status: 405, headers: { Allow: "GET, POST, DELETE" } });
  }
  const init: RequestInit = { method: request.method, headers: headersFor(request, env, ctx), redirect: "manual" };
  if (request.method === "POST") init.body = request.body;
  let answer: Response;
  try {
    answer = await env.GATEWAY.fetch(`${env.GATEWAY_URL}/mcp`, init);
  } catch (error) {
    console.error("gateway unreachable", error);
    return unreachable("MCPbox cannot be reached: is it running, and the tunnel up? Its page says what is missing.");
  }
  return passOn(answer, ctx);
}

function headersFor(request: Request, env: Env, ctx: OAuthResourceContext<Person>): Headers {
  const headers = new Headers();
  for (const [name, value] of request.headers) {
    if (ASKED.has(name) || name.startsWith("mcp-")) headers.set(name, value);
  }
  headers.set("X-MCPbox-Service-Token", env.SERVICE_TOKEN);
  headers.set("X-MCPbox-User-Email", ctx.props.email);
  headers.set("X-MCPbox-Scope", ctx.auth.scope.join(" "));
  return headers;
}

function passOn(answer: Response, ctx: OAuthResourceContext<Person>): Response {
  const challenge = answer.headers.get("www-authenticate") ?? "";
  if (answer.status === 403 && challenge.includes('error="insufficient_scope"')) {
    const scopes = /scope="([^"]*)"/.exec(challenge)?.[1]?.split(" ").filter(Boolean) ?? [];
    return insufficientScope(ctx.auth, scopes);
  }
  // A 401 of the gateway is between it and us: a client would answer it by signing in again, for ever.
  if (answer.status === 401 || (answer.status >= 300 && answer.status < 400)) {
    return unreachable("MCPbox does not know this Worker. Repair the connection in its settings, Remote access.");
  }
  const headers = new Headers();
  for (const [name, value] of answer.headers) {
    if (ANSWERED.has(name)) headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers });
}

function unreachable(message: string): Response {
  const body = { jsonrpc: "2.0", id: null, error: { code: -32603, message } };
  return Response.json(body, { status: 502, headers: { "Cache-Control": "no-store" } });
}
