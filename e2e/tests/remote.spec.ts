// The page of remote access: tokens are made, shown once, used and revoked, and the list follows without a reload.
import { expect, inspect, settled, signedIn, test } from "../support/test.js";

test.use({ boxOf: "remote" });

test("a token is made with few interactions, shown once, and revoked", async ({ page, box }) => {
  await signedIn(page, box, "/remote");
  await expect(page.getByRole("heading", { name: "Remote access is off" })).toBeVisible();
  await expect(page.getByRole("region", { name: "the command" })).toContainText("--public-url");
  await expect(page.getByRole("button", { name: "Check each hop" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "No token yet" })).toBeVisible();
  await inspect(page, "remote-empty");
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What is it for?").fill("laptop");
  await dialog.getByLabel("Write tools").check();
  await inspect(page, "remote-new-token");
  await dialog.getByRole("button", { name: "Make token" }).click();
  const shown = dialog.getByRole("region", { name: "the token" });
  await expect(shown).toHaveText(/^mcpb_pat_[0-9a-f]{64}$/);
  const secret = (await shown.textContent()) ?? "";
  await inspect(page, "remote-token");
  await dialog.getByRole("button", { name: "I have it" }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.getByRole("row", { name: /laptop/ });
  await expect(row).toContainText("call all tools; write tools");
  await expect(row).toContainText("never");
  await settled(page);
  await inspect(page, "remote-tokens");
  // Gone from the page, and from what the page reads.
  expect(await page.content()).not.toContain(secret);
  expect(await page.evaluate(async () => (await fetch("/api/tokens")).text())).not.toContain(secret.slice(9));
  // Another admin's tab hears of it.
  const tab = await page.context().newPage();
  await tab.goto(`${box.url}/remote`);
  await expect(tab.getByRole("row", { name: /laptop/ })).toBeVisible();
  await row.getByRole("button", { name: "Revoke laptop" }).click();
  await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(page.getByRole("heading", { name: "No token yet" })).toBeVisible();
  await expect(tab.getByRole("heading", { name: "No token yet" })).toBeVisible();
  await tab.close();
});
