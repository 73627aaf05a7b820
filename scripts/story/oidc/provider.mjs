// A certified OpenID provider for the tests: `node provider.mjs ADDRESS REDIRECT_URL`. Prints its issuer, and then serves until it
// is ended. People and what it says of them stand in ACCOUNTS; `login` at its page is the name of one of them.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const ACCOUNTS = {
  anna: { email: "anna@home.test", email_verified: true, preferred_username: "anna", groups: ["family"] },
  ben: { email: "ben@home.test", email_verified: false, preferred_username: "ben", groups: [] },
  cleo: { email: "cleo@elsewhere.test", email_verified: true, preferred_username: "ada", groups: ["box-admins", "family"] },
  dora: { email: "dora@elsewhere.test", email_verified: true, preferred_username: "dora", groups: [] },
};

const [address, redirect] = process.argv.slice(2);
const server = createServer();
await new Promise((resolve) => server.listen(0, address, resolve));
const issuer = `http://${address}:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "mcpbox", client_secret: "the-secret-of-the-client", redirect_uris: redirect.split(","), application_type: "web" }],
  claims: { email: ["email", "email_verified"], profile: ["preferred_username"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => (ACCOUNTS[id] ? { accountId: id, claims: () => ({ sub: `subject-of-${id}`, ...ACCOUNTS[id] }) } : undefined),
});
server.on("request", provider.callback());
console.log(issuer);
process.on("SIGTERM", () => process.exit(0));
