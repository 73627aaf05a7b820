import { Box, expect, expectAccessible, GREETING, inspect, Llm, makeAdmin, settled, signedIn, test } from "../support/test.js";

test("palette, help and the shortcuts lead everywhere by keyboard", async ({ page, box }) => {
  await signedIn(page, box);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page).toHaveURL(`${box.url}/approvals`);
  await page.keyboard.press("Control+k");
  await page.getByRole("textbox", { name: "Search or jump to" }).fill("home");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${box.url}/`);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await inspect(page, "help");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("textbox", { name: "Search or jump to" })).toBeVisible();
  await inspect(page, "palette");
});

test("the chosen theme stays, and the page never flashes in the other one", async ({ page, box }) => {
  await signedIn(page, box);
  await page.getByRole("button", { name: "Switch to the dark theme" }).click();
  await page.goto(`${box.url}/approvals`, { waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await settled(page);
  await expect(page.getByRole("button", { name: "Switch to the light theme" })).toBeVisible();
});

test("an address that no page has says so", async ({ page, box }) => {
  await signedIn(page, box, "/nothing/here");
  await expect(page.getByText("There is no such page")).toBeVisible();
  await inspect(page, "not-found");
});

test("reviews appear live, and a restarted server is found again without a reload", async ({ page, complaints }) => {
  const box = await Box.start();
  try {
    await makeAdmin(box);
    await signedIn(page, box, "/approvals");
    await expect(page.getByText("Nothing waits for you")).toBeVisible();
    await inspect(page, "approvals-empty");
    await expect(page.getByRole("status").filter({ hasText: "Live" })).toBeVisible();
    const llm = await Llm.connect(box);
    await llm.seed({ server: "greetings", tool: "greet", code: GREETING, test: { name: "Ada" } });
    await expect(page.getByRole("row").filter({ hasText: "greetings__greet" })).toBeVisible();
    await expect(page).toHaveTitle("(1) Approvals · MCPbox");

    await page.evaluate(() => Object.assign(window, { isTheSamePage: true }));
    await box.stop();
    await expect(page.getByText("MCPbox cannot be reached.")).toBeVisible();
    await inspect(page, "offline");
    await box.restart();
    await expect(page.getByText("MCPbox cannot be reached.")).toHaveCount(0, { timeout: 20_000 });
    const again = await Llm.connect(box);
    await again.seed({ server: "farewells", tool: "part", code: GREETING });
    await expect(page.getByRole("row").filter({ hasText: "farewells__part" })).toBeVisible();
    expect(await page.evaluate(() => "isTheSamePage" in window)).toBe(true);
    complaints.splice(0); // the browser says that the server was away
  } finally {
    await box.remove();
  }
});

test("what fails before any page says so too, as a page of its own", async ({ page, box, complaints }) => {
  const problem = { type: "internal", title: "Something failed inside MCPbox", status: 500, detail: "The log of MCPbox says what.", request_id: "01a1fef7-root" };
  await page.route("**/api/session", (route) => route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) }));
  await page.goto(box.url);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("01a1fef7-root");
  await expectAccessible(page);
  complaints.splice(0); // React says what was thrown
});

test("a page that fails says why and names the request, and the rest goes on", async ({ page, box, complaints }) => {
  await signedIn(page, box);
  const problem = { type: "about:blank", title: "Something failed inside MCPbox", status: 500, detail: "The log of MCPbox says what.", request_id: "01a1fef7-test" };
  await page.route(/\/api\/reviews\?state=rejected/, (route) => route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) }));
  await page.goto(`${box.url}/approvals?state=rejected`);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("01a1fef7-test");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await inspect(page, "route-error");
  await page.unroute(/\/api\/reviews\?state=rejected/);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Approvals" })).toBeVisible();
  complaints.splice(0); // React says what was thrown
});
