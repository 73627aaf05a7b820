// What the Worker is bound to. The wizard of MCPbox makes each of these; docs/guides/cloudflare.md lists them.

export interface Env {
  /** Clients, grants and tokens, the latter as hashes. */
  OAUTH_KV: KVNamespace;
  /** The gateway, through the tunnel. */
  GATEWAY: Fetcher;
  /** Address of this Worker, an origin without a slash at its end; the OAuth issuer. */
  PUBLIC_URL: string;
  /** What the gateway is called inside the tunnel, such as `http://mcpbox.example.workers.dev`. Its Host header. */
  GATEWAY_URL: string;
  /** The discovery document of the identity provider; everything else about it stands there. */
  OIDC_DISCOVERY: string;
  OIDC_CLIENT_ID: string;
  OIDC_CLIENT_SECRET: string;
  /** What tells the gateway that a request comes from here. */
  SERVICE_TOKEN: string;
}

/** Who a grant belongs to. Encrypted with a key that only the token's holder can unwrap. */
export interface Person {
  email: string;
}

export const SCOPES = { tools: "mcp:tools", author: "mcp:author" } as const;
