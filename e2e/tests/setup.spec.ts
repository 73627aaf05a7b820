import { Box, expect, inspect, Llm, PASSWORD, settled, test, USERNAME } from "../support/test.js";

test("from an empty box to the first approved run in twelve interactions", async ({ page }) => {
  const box = await Box.startEmpty();
  let interactions = 0;
  const click = async (name: string) => {
    interactions += 1;
    await page.getByRole("button", { name, exact: true }).click();
  };
  const type = async (label: string, text: string) => {
    interactions += 1;
    await page.getByLabel(label, { exact: true }).fill(text);
  };
  try {
    await page.goto(box.setupUrl);
    await settled(page);
    expect(page.url(), "the token must not stay in the address").not.toContain("token");
    await inspect(page, "setup-1-account");
    await type("User name", USERNAME);
    await type("Password", PASSWORD);
    await click("Create the admin account");

    await expect(page.getByText("Waiting for your client")).toBeVisible();
    await expect(page.getByText(box.mcpUrl)).toBeVisible();
    await inspect(page, "setup-2-connect");
    await Llm.connect(box, "Some Client");
    await expect(page.getByText("Some Client is connected")).toBeVisible();
    await inspect(page, "setup-2-connected");
    await click("Go on");

    await inspect(page, "setup-3-sample");
    await click("Make the sample tool");
    await expect(page.getByRole("heading", { name: "sample__word_count" })).toBeVisible();
    await inspect(page, "setup-3-review");
    await click("Approve this code");

    await settled(page);
    await click("Run");
    await expect(page.getByText('"words": 10')).toBeVisible();
    await inspect(page, "setup-4-run");
    await click("Finish");
    await expect(page.getByRole("heading", { level: 1, name: "All is well" })).toBeVisible();
    expect(interactions).toBeLessThanOrEqual(12);
  } finally {
    // What the page still loads would be missed.
    await page.goto("about:blank");
    await box.remove();
  }
});

test("without the token the setup page says where to find the link", async ({ page }) => {
  const box = await Box.start();
  try {
    await page.goto(box.url);
    await expect(page).toHaveURL(`${box.url}/setup`);
    await expect(page.getByText("mcpbox admin create")).toBeVisible();
    await inspect(page, "setup-without-token");
  } finally {
    // What the page still loads would be missed.
    await page.goto("about:blank");
    await box.remove();
  }
});
