// The pages of a login from elsewhere, in a browser that comes from another site: cookies, forms and redirects as browsers take them.
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Box, expect, inspect, makeAdmin, PASSWORD, settled, signedIn, test, USERNAME } from "../support/test.js";

const VERIFIER = "verifier-verifier-verifier-verifier-verifier-0";

/** A client on another site: a page with a link to the login, and the address that the browser is sent back to. */
class Client {
  readonly #server: Server;
  readonly url: string;
  #link = "";
  #id = "";

  private constructor(server: Server) {
    this.#server = server;
    // Not the name of the box, so that the browser takes it for another site.
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
    server.on("request", (_, response) => response.setHeader("content-type", "text/html").end(`<title>Client</title><a href="${this.#link}">Connect</a>`));
  }

  static async start(): Promise<Client> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new Client(server);
  }

  async register(base: string, name: string): Promise<void> {
    const metadata = { client_name: name, redirect_uris: [`${this.url}/callback`] };
    const answer = await fetch(`${base}/oauth/register`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(metadata) });
    const { client_id } = (await answer.json()) as { client_id: string };
    this.#id = client_id;
    const code_challenge = createHash("sha256").update(VERIFIER).digest("base64url");
    const asked = { client_id, redirect_uri: `${this.url}/callback`, code_challenge, response_type: "code", code_challenge_method: "S256", scope: "mcp:tools mcp:author", state: "mine" };
    this.#link = `${base}/oauth/authorize?${new URLSearchParams(asked)}`.replaceAll("&", "&amp;");
  }

  /** Takes the code that the browser brought to the token endpoint. */
  async exchange(base: string, code: string): Promise<void> {
    const form = { grant_type: "authorization_code", client_id: this.#id, code, redirect_uri: `${this.url}/callback`, code_verifier: VERIFIER };
    const answer = await fetch(`${base}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    expect(answer.status, await answer.text()).toBe(200);
  }

  async stop(): Promise<void> {
    await new Promise((closed) => this.#server.close(closed).closeAllConnections());
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** The admin's own way to the API. */
async function admin(box: Box): Promise<(method: string, path: string, body?: unknown) => Promise<unknown>> {
  let cookie = "";
  const send = async (method: string, path: string, body?: unknown) => {
    const headers = { "content-type": "application/json", origin: box.url, cookie };
    const answer = await fetch(`${box.url}/api${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  await send("POST", "/session", { username: USERNAME, password: PASSWORD });
  return send;
}

test("a login from another site ends where it began, by code or by password", async ({ page, complaints }) => {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const [box, client] = await Promise.all([Box.start({ MCPBOX_PUBLIC_URL: base, MCPBOX_REMOTE_ADDR: `127.0.0.1:${port}` }), Client.start()]);
  await makeAdmin(box);
  const send = await admin(box);
  await client.register(base, "Claude Code");

  await page.goto(client.url);
  await page.getByRole("link", { name: "Connect" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Claude Code asks for access");
  for (const [theme, width] of [["light", 375], ["dark", 375], ["light", 1440]] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: 812 });
    await page.screenshot({ path: `screenshots/remote-code-${theme}-${width}.png`, fullPage: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  }
  const code = (await page.locator(".code").textContent()) ?? "";
  const desk = await page.context().newPage();
  await signedIn(desk, box, "/remote");
  const request = desk.getByRole("form", { name: "Request of Claude Code" });
  await settled(desk);
  await inspect(desk, "remote-waiting");
  await request.getByLabel("The code that the browser shows").fill("bcdf-ghjk");
  await request.getByRole("button", { name: "Allow" }).click();
  await expect(request.getByRole("alert")).toContainText("not the code that the browser shows");
  await request.getByLabel("The code that the browser shows").fill(code);
  await request.getByLabel(/write tools/).uncheck();
  await request.getByRole("button", { name: "Allow" }).click();
  await expect(request).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`^${client.url}/callback\\?code=mcpb_ac_[0-9a-f]{64}&state=mine&iss=`));
  await client.exchange(base, new URL(page.url()).searchParams.get("code") ?? "");
  await expect(desk.getByRole("table", { name: "Connected clients" })).toContainText("Claude Code");
  await settled(desk);
  await inspect(desk, "remote-connected");
  await desk.getByRole("button", { name: `Revoke Claude Code for ${USERNAME}` }).click();
  await desk.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(desk.getByRole("heading", { name: "No client is connected" })).toBeVisible();
  await desk.close();

  const settings = (await send("GET", "/settings")) as Record<string, unknown>;
  await send("PUT", "/settings", { ...settings, remote: { password_login: true } });
  await page.goto(client.url);
  await page.getByRole("link", { name: "Connect" }).click();
  await page.getByRole("link", { name: "Log in with a password" }).click();
  await settled(page);
  await inspect(page, "remote-password");
  await page.getByLabel("User name").fill(USERNAME);
  await page.getByLabel("Password").fill("something else altogether");
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "wrong password" })).toBeVisible();
  await page.getByLabel("User name").fill(USERNAME);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel(/write new tools/).uncheck();
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page).toHaveURL(/\/callback\?code=/);

  await page.goto(client.url);
  await page.getByRole("link", { name: "Connect" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page).toHaveURL(/\/callback\?error=access_denied/);
  // The other site is foreign on purpose.
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes(client.url)));
  await client.stop();
  await box.remove();
});
