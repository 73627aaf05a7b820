import { createHmac } from "node:crypto";
import type { CDPSession, Page } from "@playwright/test";
import { type Box, expect, inspect, PASSWORD, settled, signedIn, test, USERNAME } from "../support/test.js";

// Passkeys need a name that the browser trusts; the box serves `localhost` beside 127.0.0.1.
test.use({ boxOf: "people" });

/** The same box under a name instead of an address. */
const named = (box: Box) => ({ url: box.url.replace("127.0.0.1", "localhost") });

/** An authenticator in the browser, as Chromium offers one to tests. */
async function authenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  return session;
}

/** The code an app with this secret shows now, or some steps later (RFC 6238). */
function code(secret: string, steps = 0): string {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function logIn(page: Page, url: string, username: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

async function keepCodes(page: Page): Promise<string[]> {
  const dialog = page.getByRole("dialog", { name: "Keep these recovery codes" });
  const text = await dialog.getByRole("region", { name: "the recovery codes" }).innerText();
  await dialog.getByLabel("I have kept them").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  return text.trim().split("\n");
}

test("somebody is invited, comes in by the link, and may what their role may", async ({ page, box, browser }) => {
  await signedIn(page, box, "/users");
  await inspect(page, "users");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite somebody" });
  await dialog.getByLabel("User name").fill("vera");
  await dialog.getByText("Viewer", { exact: true }).click();
  await inspect(page, "users-invite");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = page.getByRole("dialog", { name: "Link for vera" });
  const url = (await link.getByRole("region", { name: "the link" }).innerText()).trim();
  await link.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row", { name: /vera/ }).getByText("Invited")).toBeVisible();

  const theirs = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await theirs.goto(url);
  await expect(theirs.getByRole("heading", { level: 1, name: "Welcome, vera" })).toBeVisible();
  expect(theirs.url(), "the token does not stay in the address").toBe(`${box.url}/welcome`);
  await inspect(theirs, "welcome");
  await theirs.getByLabel("Password", { exact: true }).fill("a sentence of her own");
  await theirs.getByRole("button", { name: "Set the password and log in" }).click();
  await expect(theirs).toHaveURL(`${box.url}/`);
  await settled(theirs);
  await expect(theirs.getByRole("link", { name: "Settings", exact: true })).toBeVisible();
  await expect(theirs.getByRole("link", { name: "Users", exact: true })).toHaveCount(0);
  await theirs.goto(`${box.url}/settings/notifications`);
  await expect(theirs.getByRole("button", { name: "Add" })).toBeDisabled();

  await page.getByRole("button", { name: "More for vera" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("row", { name: /vera/ }).getByText("Disabled")).toBeVisible();
  await expect(theirs.getByRole("dialog", { name: "Your session has ended" })).toBeVisible();
  await theirs.context().close();
});

test("the last admin is told why they stay one", async ({ page, box }) => {
  await signedIn(page, box, "/users");
  await page.getByRole("button", { name: `More for ${USERNAME}` }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("alert")).toContainText("last admin");
});

test("one-time codes are set up, asked for, and replaced by a recovery code", async ({ page, box }) => {
  await signedIn(page, box, "/settings/account");
  await inspect(page, "account");
  await page.getByRole("button", { name: "Set up an app" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up an app for one-time codes" });
  await dialog.getByLabel("Your password").fill("not my password");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect(dialog.getByRole("alert")).toContainText("not your password");
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Go on" }).click();
  const secret = (await dialog.getByRole("region", { name: "the secret" }).innerText()).trim();
  await inspect(page, "account-app");
  await dialog.getByRole("textbox", { name: "Code" }).fill(code(secret));
  await dialog.getByRole("button", { name: "Switch it on" }).click();
  await inspect(page, "account-codes");
  const codes = await keepCodes(page);
  expect(codes).toHaveLength(10);
  await expect(page.getByText("10 codes left")).toBeVisible();

  await page.context().clearCookies();
  await logIn(page, box.url, USERNAME, PASSWORD);
  await inspect(page, "login-second");
  await page.getByRole("textbox", { name: "Code" }).fill("000000");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("not right");
  await page.getByRole("textbox", { name: "Code" }).fill(code(secret, 1));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${box.url}/`);

  await page.context().clearCookies();
  await logIn(page, box.url, USERNAME, PASSWORD);
  await page.getByRole("textbox", { name: "Code" }).fill(codes[0] ?? "");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${box.url}/`);
  await page.goto(`${box.url}/settings/account`);
  await expect(page.getByText("9 codes left")).toBeVisible();
  await page.getByRole("button", { name: "Remove the app" }).click();
  await page.getByRole("dialog").getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByRole("button", { name: "Set up an app" })).toBeVisible();
});

test("a passkey is made, logs in alone and as second factor, and is removed", async ({ page, box }) => {
  const { url } = named(box);
  await authenticator(page);
  await logIn(page, url, USERNAME, PASSWORD);
  await expect(page).toHaveURL(`${url}/`);
  await page.goto(`${url}/settings/account`);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill("Test key");
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Make the passkey" }).click();
  const codes = await keepCodes(page);
  expect(codes).toHaveLength(10);
  await expect(page.getByRole("group", { name: "Test key" })).toContainText("localhost");
  await inspect(page, "account-passkey");

  await page.context().clearCookies();
  await page.goto(`${url}/login`);
  await expect(page.getByRole("button", { name: "Log in with a passkey" })).toBeVisible();
  await inspect(page, "login-passkey");
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await expect(page).toHaveURL(`${url}/`);

  await page.context().clearCookies();
  await logIn(page, url, USERNAME, PASSWORD);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await expect(page).toHaveURL(`${url}/`);

  // The address is another site: there no passkey is offered, but a recovery code helps.
  await page.context().clearCookies();
  await logIn(page, box.url, USERNAME, PASSWORD);
  await expect(page.getByRole("button", { name: "Use your passkey" })).toHaveCount(0);
  await page.getByLabel("Recovery code").fill(codes[3] ?? "");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${box.url}/`);
  await page.goto(`${box.url}/settings/account`);
  await page.getByRole("button", { name: "Remove the passkey Test key" }).click();
  await page.getByRole("dialog").getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByRole("group", { name: "Test key" })).toHaveCount(0);
});

test("the OpenID provider is set up, and what is missing is said", async ({ page, box }) => {
  await signedIn(page, box, "/users/openid");
  await inspect(page, "openid");
  await page.getByLabel("Issuer").fill("https://id.example.test");
  await page.getByLabel("Client id").fill("mcpbox");
  await page.getByLabel("Name on the button").fill("Home");
  await page.getByRole("switch", { name: "Offer it on the login page" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("Nobody may log in");
  await page.getByLabel("E-mail addresses").fill("anna@example.com\n@home.test");
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByLabel("Group of rule 1").fill("family");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("button", { name: "Save" })).toBeDisabled();
  await inspect(page, "openid-on");
  await page.getByRole("button", { name: "Ask the provider" }).click();
  await expect(page.getByRole("alert")).toContainText("could not be used");
  await page.context().clearCookies();
  await page.goto(`${box.url}/login?failed=not_listed`);
  await expect(page.getByRole("button", { name: "Log in with Home" })).toBeVisible();
  await inspect(page, "login-openid");
});
