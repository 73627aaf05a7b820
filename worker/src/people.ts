// Who signs in: OpenID Connect, with every address taken from the provider's discovery document.

import * as oidc from "oauth4webapi";
import type { Env } from "./env";

/** What this sign-in is bound to; kept encrypted until the provider sends the person back. */
export interface Secrets {
  verifier: string;
  nonce: string;
}

export function secrets(): Secrets {
  return { verifier: oidc.generateRandomCodeVerifier(), nonce: oidc.generateRandomNonce() };
}

export async function signInUrl(env: Env, state: string, { verifier, nonce }: Secrets): Promise<string> {
  const { authorization_endpoint } = await provider(env);
  if (authorization_endpoint === undefined) throw new Error("the provider names no authorization_endpoint");
  const url = new URL(authorization_endpoint);
  const parameters = {
    client_id: env.OIDC_CLIENT_ID,
    redirect_uri: callback(env),
    response_type: "code",
    scope: "openid email",
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** The e-mail address of whoever came back, in lower case; none when they declined or have no verified one. */
export async function whoIs(env: Env, url: URL, { verifier, nonce }: Secrets): Promise<string | undefined> {
  if (url.searchParams.has("error")) return undefined;
  const server = await provider(env);
  const client = { client_id: env.OIDC_CLIENT_ID };
  // `state` was checked, with the browser it belongs to, before the request was handed out.
  const answer = oidc.validateAuthResponse(server, client, url, oidc.skipStateCheck);
  const response = await oidc.authorizationCodeGrantRequest(
    server,
    client,
    oidc.ClientSecretPost(env.OIDC_CLIENT_SECRET),
    answer,
    callback(env),
    verifier,
  );
  const tokens = await oidc.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oidc.validateApplicationLevelSignature(server, response);
  const claims = oidc.getValidatedIdTokenClaims(tokens);
  const email = claims?.email;
  if (typeof email !== "string" || !email.includes("@") || claims?.email_verified === false) return undefined;
  return email.toLowerCase();
}

function callback(env: Env): string {
  return `${env.PUBLIC_URL}/oauth/callback`;
}

/** What the provider says about itself. The address is the admin's own choice, so its word counts. */
async function provider(env: Env): Promise<oidc.AuthorizationServer> {
  const response = await fetch(env.OIDC_DISCOVERY, { redirect: "manual", headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`the discovery document answers ${response.status}`);
  const server = await response.json<oidc.AuthorizationServer>();
  if (typeof server.issuer !== "string") throw new Error("the discovery document names no issuer");
  return server;
}
