// Everything a connection has, real but for Cloudflare's network: workerd with the built Worker, the gateway, an OpenID provider, and
// an internet of three hosts.
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { type Request as MfRequest, Response as MfResponse, Miniflare, type MiniflareOptions } from "miniflare";
import { Gateway, SERVICE_TOKEN } from "./gateway";
import { CLIENT, ISSUER, type RunningProvider, startProvider } from "./provider";

export const PUBLIC = "https://mcpbox.example.workers.dev";
export const MCP = `${PUBLIC}/mcp`;
export const CIMD = "https://client.test/oauth/client.json";
export const CALLBACK = "https://client.test/callback";

const DOCUMENT = {
  client_id: CIMD,
  client_name: "Friendly Client",
  redirect_uris: [CALLBACK, "http://127.0.0.1/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** A request to a server on this machine under the name it has outside. */
function local(port: number, method: string, url: URL, headers: Headers, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = { ...Object.fromEntries(headers), host: url.host, "x-forwarded-proto": "https" };
    const options = { host: "127.0.0.1", port, method, path: url.pathname + url.search, headers: sent };
    const asked = httpRequest(options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const answered = new Headers();
        for (let at = 0; at < response.rawHeaders.length; at += 2) {
          answered.append(response.rawHeaders[at] ?? "", response.rawHeaders[at + 1] ?? "");
        }
        resolve({ status: response.statusCode ?? 0, headers: answered, text: Buffer.concat(parts).toString() });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

export class World {
  readonly worker: Miniflare;
  readonly gateway: Gateway;
  readonly #provider: RunningProvider;

  private constructor(worker: Miniflare, gateway: Gateway, provider: RunningProvider) {
    this.worker = worker;
    this.gateway = gateway;
    this.#provider = provider;
  }

  static async start(emails: string[]): Promise<World> {
    const provider = await startProvider(`${PUBLIC}/oauth/callback`);
    const gateway = await Gateway.start(PUBLIC, emails);
    const external = { external: { address: `127.0.0.1:${gateway.port}`, http: {} } };
    return new World(new Miniflare(options(external, provider)), gateway, provider);
  }

  /** The same Worker before another gateway. */
  before(gateway: (request: Request) => Response | Promise<Response>): Miniflare {
    const answer = async (request: MfRequest) =>
      (await gateway(request as unknown as Request)) as unknown as MfResponse;
    return new Miniflare(options(answer, this.#provider));
  }

  /** A request to any host there is, without following redirects. */
  async ask(method: string, address: string, headers: Headers = new Headers(), body = ""): Promise<Answer> {
    const url = new URL(address);
    if (url.origin === ISSUER) return local(this.#provider.port, method, url, headers, body);
    if (url.origin !== PUBLIC) throw new Error(`nobody is at ${url.origin}`);
    const init = { method, headers: Object.fromEntries(headers), redirect: "manual" as const };
    const response = await this.worker.dispatchFetch(url, body === "" ? init : { ...init, body });
    return { status: response.status, headers: new Headers([...response.headers]), text: await response.text() };
  }

  async stop(): Promise<void> {
    await this.worker.dispose();
    await this.gateway.stop();
    await this.#provider.stop();
  }
}

type Service = NonNullable<NonNullable<MiniflareOptions["workers"]>[number]["serviceBindings"]>[string];

function options(gateway: Service, provider: RunningProvider): MiniflareOptions {
  return {
    modules: [
      {
        type: "ESModule",
        path: "worker.js",
        contents: readFileSync(new URL("../../dist/worker.js", import.meta.url), "utf8"),
      },
    ],
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["global_fetch_strictly_public"],
    kvNamespaces: ["OAUTH_KV"],
    bindings: {
      PUBLIC_URL: PUBLIC,
      GATEWAY_URL: PUBLIC.replace("https://", "http://"),
      OIDC_DISCOVERY: `${ISSUER}/.well-known/openid-configuration`,
      OIDC_CLIENT_ID: CLIENT.id,
      OIDC_CLIENT_SECRET: CLIENT.secret,
      SERVICE_TOKEN,
    },
    serviceBindings: { GATEWAY: gateway },
    // What the Worker reaches on the internet.
    outboundService: async (request: MfRequest) => {
      const url = new URL(request.url);
      if (url.href === CIMD) return MfResponse.json(DOCUMENT);
      if (url.origin !== ISSUER) return new MfResponse("no such host", { status: 404 });
      const body = await request.text();
      const answer = await local(provider.port, request.method, url, new Headers([...request.headers]), body);
      return new MfResponse(answer.text, { status: answer.status, headers: [...answer.headers] });
    },
  };
}
