import { expect, inspect, PASSWORD, settled, signedIn, test, USERNAME } from "../support/test.js";

test("the way to a page leads through the login and back to it", async ({ page, box }) => {
  await page.goto(`${box.url}/approvals?state=rejected`);
  await settled(page);
  await inspect(page, "login");
  await page.getByLabel("User name").fill(USERNAME);
  await page.getByLabel("Password", { exact: true }).fill("something else altogether");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toBeVisible();
  await inspect(page, "login-refused");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${box.url}/approvals?state=rejected`);
  await expect(page.getByRole("heading", { level: 1, name: "Approvals" })).toBeVisible();
});

test("a login never leads to another site", async ({ page, box }) => {
  await page.goto(`${box.url}/login?next=${encodeURIComponent("//evil.test/")}`);
  await page.getByLabel("User name").fill(USERNAME);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${box.url}/`);
});

test("a session that ends under a page asks for the password and keeps what is open", async ({ page, box }) => {
  await signedIn(page, box, "/approvals?state=approved");
  await page.context().clearCookies();
  await page.getByText("Sent back", { exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Your session has ended" })).toBeVisible();
  await inspect(page, "session-ended");
  await page.getByLabel(`Password of ${USERNAME}`).fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page).toHaveURL(`${box.url}/approvals?state=rejected`);
  await expect(page.getByRole("status").filter({ hasText: "Live" })).toBeVisible();
});

test("logging out ends the session and forgets what was shown", async ({ page, box }) => {
  await signedIn(page, box);
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(`${box.url}/login`);
  await page.goto(`${box.url}/approvals`);
  await expect(page).toHaveURL(/\/login\?next=/);
});
