// A real OpenID provider in the place of Cloudflare Access. It believes any login, and says of one that its address is not verified.
import type { Server } from "node:http";
import Provider from "oidc-provider";

export const ISSUER = "https://access.test";
export const CLIENT = { id: "access-client", secret: "a-client-secret-of-the-tests-0123456789" };
export const UNVERIFIED = "unverified@example.com";

export interface RunningProvider {
  port: number;
  stop(): Promise<void>;
}

export async function startProvider(callback: string): Promise<RunningProvider> {
  const provider = new Provider(ISSUER, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [callback],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["only of the tests"] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: id !== UNVERIFIED }),
    }),
  });
  provider.proxy = true;
  const server = await new Promise<Server>((resolve) => {
    const listening = provider.listen(0, "127.0.0.1", () => resolve(listening));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
