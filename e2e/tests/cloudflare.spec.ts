// The Cloudflare page: a plan, what it would send, and what a token that does not work is told. Nothing leaves the machine: the API's
// address is a port of this machine, which is never reached.
import { expect, inspect, settled, signedIn, test } from "../support/test.js";

test.use({ boxOf: "cloudflare" });

test("a plan shows every request before it is sent, and says why a step did not work", async ({ page, box }) => {
  await signedIn(page, box, "/settings/cloudflare");
  await page.getByLabel("Name").fill("Not a name");
  await page.getByLabel("Who may sign in").fill("Ada@example.com\nbob@example.com");
  await page.getByLabel("API token").fill("a-token-of-the-tests-0123456789");
  await inspect(page, "cloudflare-plan");
  await page.getByRole("button", { name: "Save the plan" }).click();
  await expect(page.getByRole("alert")).toContainText("a-z, 0-9 and -");
  await page.getByLabel("Name").fill("mcpbox-home");
  await page.getByRole("button", { name: "Save the plan" }).click();

  const steps = page.getByRole("main").getByRole("listitem");
  await expect(steps).toHaveCount(9);
  const people = steps.filter({ hasText: "The list of people" });
  await people.getByText("What is sent").click();
  await expect(people.getByRole("region")).toContainText("ada@example.com");
  const worker = steps.filter({ hasText: "The Worker that clients talk to" });
  await worker.getByText("What is sent").click();
  await expect(worker.getByRole("region").first()).toContainText("[secret]");
  await settled(page);
  await inspect(page, "cloudflare");

  await page.getByRole("button", { name: "Do all that is left" }).click();
  await expect(steps.first()).toContainText("Did not work");
  await expect(steps.nth(1)).toContainText("To do");
  await settled(page);
  await inspect(page, "cloudflare-failed");

  await page.getByRole("button", { name: "Forget the token" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Forget it" }).click();
  await expect(page.getByText("No API token is kept")).toBeVisible();
  await expect(page.getByRole("button", { name: "Do the next step" })).toBeDisabled();
});
