// The front of an MCPbox on Cloudflare: an OAuth 2.1 server for MCP clients, a client of Access for people, and a proxy of
// /mcp alone. It decides who somebody is, never what they may do: that is the gateway's.

import { OAuthAuthorizationServer, OAuthResourceServer } from "@cloudflare/workers-oauth-provider";
import { answerForm, askConsent, finishSignIn } from "./authorize";
import { type Env, type Person, SCOPES } from "./env";
import { forward } from "./proxy";

const MONTH = 30 * 24 * 60 * 60;

interface Front {
  authorization: OAuthAuthorizationServer<Env>;
  resource: OAuthResourceServer<Env, Person>;
}

function build(publicUrl: string): Front {
  const resource = `${publicUrl}/mcp`;
  const authorization = new OAuthAuthorizationServer<Env>({
    issuer: publicUrl,
    resources: [resource],
    authorizeEndpoint: "/oauth/authorize",
    tokenEndpoint: "/oauth/token",
    clientRegistrationEndpoint: "/oauth/register",
    clientIdMetadataDocumentEnabled: true,
    scopesSupported: Object.values(SCOPES),
    accessTokenTTL: 60 * 60,
    refreshTokenTTL: MONTH,
    refreshTokenIdleTTL: MONTH,
    clientRegistrationTTL: MONTH,
  });
  return {
    authorization,
    resource: new OAuthResourceServer<Env, Person>({
      resourceMetadata: { resource, authorization_servers: [publicUrl], resource_name: "MCPbox" },
      requiredScopes: [SCOPES.tools],
      validateToken: (env) => (wanted, token) => authorization.validateToken<Person>(wanted, token, env),
      handler: { fetch: forward },
    }),
  };
}

// One isolate serves one Worker, whose address never changes; kept so that a request does not build it again.
let front: Front | undefined;

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    front ??= build(env.PUBLIC_URL);
    const oauth = () => (front as Front).authorization.getOAuthApi(env);
    const { pathname } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case "GET /oauth/authorize":
        return askConsent(request, oauth());
      case "POST /oauth/authorize":
        return answerForm(request, env, oauth());
      case "GET /oauth/callback":
        return finishSignIn(request, env, oauth());
    }
    if (pathname === "/mcp" || pathname.startsWith("/.well-known/oauth-protected-resource")) {
      return front.resource.fetch(request, env, ctx);
    }
    if (pathname.startsWith("/.well-known/") || pathname.startsWith("/oauth/")) {
      return front.authorization.fetch(request, env, ctx);
    }
    return new Response("There is nothing here. MCP clients connect to /mcp.\n", { status: 404 });
  },
  // Grants whose client is gone, a few each time; what expires goes by itself.
  async scheduled(_event: ScheduledController, env: Env): Promise<void> {
    front ??= build(env.PUBLIC_URL);
    await front.authorization.purgeExpiredData(env);
  },
} satisfies ExportedHandler<Env>;
