// What must hold on every page, also on those that are added later.
import { allPages } from "../support/routes.js";
import { expect, GREETING, inspect, Llm, PASSWORD, settled, signedIn, test, USERNAME } from "../support/test.js";

const EVIL = `<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>`;
const SHOUT = `def main(text: str) -> dict:
    """${EVIL.replaceAll('"', "'")} says it back."""
    print("${EVIL.replaceAll('"', "'")}" + "x" * 100_000)
    if text == "fail":
        raise ValueError("${EVIL.replaceAll('"', "'")}")
    return {"said": text}
`;

test.use({ boxOf: "everywhere" });

test.beforeAll(async ({ box }) => {
  const llm = await Llm.connect(box, `Client ${EVIL}`);
  await llm.seed({ server: "greetings", tool: "greet", code: GREETING, test: { name: EVIL } });
  await llm.seed({ server: "evil", tool: "shout", code: `${SHOUT}\n${"# a long file\n".repeat(3_000)}`, test: { text: EVIL } });
  for (const text of ["fail", `\u202e${"long".repeat(5_000)}`]) await llm.call("mcpbox_test_code", { tool_id: "evil__shout", arguments: { text } }).catch(() => undefined);
});

test("every page is accessible, fits, stays text and asks nobody else, in both themes and at all widths", async ({ page, box }) => {
  test.setTimeout(600_000);
  await signedIn(page, box);
  const paths = await allPages(page);
  expect(paths).toEqual(expect.arrayContaining(["/", "/approvals", "/activity", "/activity/audit", "/settings", "/settings/about"]));
  for (const path of paths) {
    await test.step(path, async () => {
      await page.goto(box.url + path);
      await settled(page);
      await inspect(page, `all${path.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 60)}`);
      expect(await page.evaluate(() => "wasRun" in window), `a string became markup on ${path}`).toBe(false);
      await expect(page.locator("main img, main script"), path).toHaveCount(0);
    });
  }
});

test("by keyboard alone from the login to the reviews, and through the runs", async ({ page, box }) => {
  await page.goto(`${box.url}/login`);
  await settled(page);
  await page.keyboard.type(USERNAME);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: /wait for you/ })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page).toHaveURL(`${box.url}/approvals`);
  await expect(page.getByRole("row").filter({ hasText: "evil__shout" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await expect(page.getByRole("table", { name: "Runs" }).getByRole("link").first()).toBeVisible();
  await settled(page);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const run = page.getByRole("dialog", { name: "Run" });
  await expect(run.getByRole("heading", { name: /__/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(run).toHaveCount(0);
});

test("a stream cut for half a minute comes back without a reload, and nothing is lost", async ({ page, box, complaints }) => {
  await signedIn(page, box, "/activity");
  await page.evaluate(() => Object.assign(window, { isTheSamePage: true }));
  const runs = page.getByRole("table", { name: "Runs" }).getByRole("link");
  await expect(runs.first()).toBeVisible();
  const before = await runs.first().getAttribute("href");
  await page.context().setOffline(true);
  await expect(page.getByText("MCPbox cannot be reached.")).toBeVisible({ timeout: 30_000 });
  const llm = await Llm.connect(box);
  await llm.call("mcpbox_test_code", { tool_id: "greetings__greet", arguments: { name: "while away" } });
  await page.waitForTimeout(process.env.MCPBOX_LONG ? 30_000 : 5_000);
  await page.context().setOffline(false);
  await expect(page.getByText("MCPbox cannot be reached.")).toHaveCount(0, { timeout: 20_000 });
  await expect(runs.first()).not.toHaveAttribute("href", before ?? "", { timeout: 60_000 });
  await runs.first().click();
  await expect(page.getByRole("dialog").getByText("while away").first()).toBeVisible();
  expect(await page.evaluate(() => "isTheSamePage" in window)).toBe(true);
  complaints.splice(0); // the browser says that the server was away
});

test("a session that ends keeps what was typed", async ({ page, box }) => {
  await signedIn(page, box, "/settings");
  await page.getByLabel("Days that runs are kept").fill("12");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("dialog", { name: "Your session has ended" })).toBeVisible();
  await page.getByLabel(`Password of ${USERNAME}`).fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByLabel("Days that runs are kept")).toHaveValue("12");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The settings are saved.")).toBeVisible();
});
