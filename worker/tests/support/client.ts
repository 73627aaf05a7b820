// An MCP client, as far as OAuth goes: registers, sends somebody to authorize, and talks.
import { createHash, randomBytes } from "node:crypto";
import { Browser } from "./browser";
import { type Answer, CALLBACK, MCP, PUBLIC, type World } from "./world";

const FORM = "application/x-www-form-urlencoded";
const ACCEPT = "application/json, text/event-stream";

export interface Tokens {
  access_token: string;
  refresh_token: string;
  scope: string;
  resource: string;
}

export class Client {
  readonly world: World;
  readonly id: string;
  readonly verifier = randomBytes(32).toString("base64url");

  constructor(world: World, id: string) {
    this.world = world;
    this.id = id;
  }

  static async register(world: World, metadata: Record<string, unknown> = {}): Promise<Client> {
    const body = {
      client_name: "Test <b>Client</b>",
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: "none",
      ...metadata,
    };
    const headers = new Headers({ "content-type": "application/json" });
    const answer = await world.ask("POST", `${PUBLIC}/oauth/register`, headers, JSON.stringify(body));
    if (answer.status !== 201) throw new Error(`not registered: ${answer.status} ${answer.text}`);
    return new Client(world, JSON.parse(answer.text).client_id);
  }

  authorizeUrl(more: Record<string, string> = {}): string {
    const parameters = {
      response_type: "code",
      client_id: this.id,
      redirect_uri: CALLBACK,
      scope: "mcp:tools",
      state: "the-state",
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
      code_challenge_method: "S256",
      resource: MCP,
      ...more,
    };
    return `${PUBLIC}/oauth/authorize?${new URLSearchParams(parameters)}`;
  }

  token(parameters: Record<string, string>): Promise<Answer> {
    const body = new URLSearchParams({ client_id: this.id, ...parameters }).toString();
    return this.world.ask("POST", `${PUBLIC}/oauth/token`, new Headers({ "content-type": FORM }), body);
  }

  exchange(code: string): Promise<Answer> {
    const fixed = { grant_type: "authorization_code", redirect_uri: CALLBACK, code_verifier: this.verifier };
    return this.token({ ...fixed, code });
  }

  /** Everything up to the tokens. */
  async signIn(email: string, scopes = ["mcp:tools"]): Promise<Tokens> {
    const url = this.authorizeUrl({ scope: scopes.join(" ") });
    const back = await new Browser(this.world).authorize(url, email, scopes, CALLBACK);
    const answer = await this.exchange(back.searchParams.get("code") ?? "");
    if (answer.status !== 200) throw new Error(`no tokens: ${back} ${answer.text}`);
    return JSON.parse(answer.text);
  }
}

let calls = 0;

/** An MCP request of the 2026-07-28 era, which needs no session. */
export function mcp(
  world: World,
  token: string,
  method: string,
  params: object = {},
  more: Record<string, string> = {},
) {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "tests", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const name: Record<string, string> = "name" in params ? { "mcp-name": String(params.name) } : {};
  const headers = new Headers({
    "content-type": "application/json",
    accept: ACCEPT,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...name,
    ...more,
  });
  if (token !== "") headers.set("authorization", `Bearer ${token}`);
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++calls, method, params: { ...params, _meta: meta } });
  return world.ask("POST", MCP, headers, body);
}
