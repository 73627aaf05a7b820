import { expect, GREETING, inspect, Llm, PASSWORD, settled, signedIn, test, USERNAME } from "../support/test.js";

const DIVIDE = `def main(a: float, b: float) -> float:
    """Divides."""
    print("dividing", a)
    return a / b
`;

test.use({ boxOf: "activity" });

let llm: Llm;
const divide = (a: number, b: number) => llm.tryCall("mcpbox_test_code", { tool_id: "maths__divide", arguments: { a, b } });

test.beforeAll(async ({ box }) => {
  llm = await Llm.connect(box, "Some Client");
  await llm.seed({ server: "maths", tool: "divide", code: DIVIDE, test: { a: 1, b: 2 } });
  await llm.seed({ server: "greetings", tool: "greet", code: GREETING, test: { name: "Ada" } });
  await divide(7, 0);
});

test("runs are filtered by the address, and appear by themselves", async ({ page, box }) => {
  await signedIn(page, box, "/activity?outcome=failed");
  const rows = page.getByRole("table", { name: "Runs" }).getByRole("link");
  await expect(rows).toHaveText(["maths__divide"]);
  await page.getByText("All", { exact: true }).click();
  await expect(page).toHaveURL(`${box.url}/activity`);
  await expect(rows).toHaveCount(3);
  await divide(8, 2);
  await expect(rows).toHaveCount(4);
  await page.getByLabel("Name, text, error or id").fill("Hello, Ada");
  await expect(rows).toHaveText(["greetings__greet"]);
  await expect(page).toHaveURL(/text=/);
  await page.goBack();
  await expect(rows.first()).toBeVisible();
});

test("a paused list stands still and says how much is new", async ({ page, box }) => {
  await signedIn(page, box, "/activity?tool=maths__divide");
  const rows = page.getByRole("table", { name: "Runs" }).getByRole("link");
  await page.getByRole("button", { name: "Pause" }).click();
  const before = await rows.count();
  await divide(9, 3);
  await page.getByRole("button", { name: "Show 1 new run" }).click();
  await expect(rows).toHaveCount(before + 1);
});

test("a run tells why it failed, and runs again with other input", async ({ page, box }) => {
  await signedIn(page, box, "/activity?outcome=failed");
  await page.getByRole("table", { name: "Runs" }).getByRole("link").first().click();
  const run = page.getByRole("dialog", { name: "Run" });
  await expect(run.getByText("The code raised an error in line 4")).toBeVisible();
  await expect(run.getByRole("region", { name: "Line 4 of the code" })).toContainText("return a / b");
  await inspect(page, "run-failed");
  await run.getByRole("button", { name: "Run again with this input" }).click();
  await page.getByLabel("Input, as JSON").fill('{"a": 9, "b": 2}');
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(run.getByRole("region", { name: "Output" })).toHaveText("4.5");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`${box.url}/activity?outcome=failed`);
});

test("a run is found by its id, by everybody who gets the address", async ({ page, box }) => {
  await signedIn(page, box, "/activity");
  await page.getByRole("table", { name: "Runs" }).getByRole("link").first().click();
  const id = new URL(page.url()).searchParams.get("run") ?? "";
  await page.goto(`${box.url}/activity?range=all&text=${id}`);
  await expect(page.getByText("1 run mentions it")).toBeVisible();
  await expect(page.getByRole("table", { name: "Runs" }).getByRole("link")).toHaveCount(1);
  await inspect(page, "activity-found");
});

test("a part of the chart narrows the list, by keyboard too", async ({ page, box }) => {
  await signedIn(page, box, "/activity");
  const chart = page.getByRole("slider", { name: "Runs over time" });
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/from=.*until=/);
  await expect(page.getByText("Only")).toBeVisible();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No run here")).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(page.getByRole("table", { name: "Runs" }).getByRole("link").first()).toBeVisible();
});

test("the audit lists decisions and verifies its chain", async ({ page, box }) => {
  await signedIn(page, box, "/activity/audit?about=review.");
  await expect(page.getByRole("row").filter({ hasText: "review.open" })).toHaveCount(2);
  await expect(page.getByRole("row").filter({ hasText: "session.login" })).toHaveCount(0);
  await page.getByRole("link", { name: "review.open" }).first().click();
  await expect(page.getByRole("dialog").getByRole("region", { name: "Its hash" })).toHaveText(/^[0-9a-f]{64}$/);
  await inspect(page, "audit-event");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await expect(page.getByText("The chain is whole")).toBeVisible();
  await inspect(page, "audit-verified");
  await page.getByLabel("Text in an event").fill("GREET");
  await expect(page.getByRole("row").filter({ hasText: "review.open" })).toHaveCount(1);
  await page.getByLabel("Until").fill("2020-01-01");
  await expect(page.getByText("No such event")).toBeVisible();
  await expect(page).toHaveURL(/about=review\.&text=GREET&until=2020-01-01/);
  await page.goto(`${box.url}/activity/audit?event=1`);
  await expect(page.getByRole("dialog", { name: "Event 1" }).getByRole("region", { name: "Its hash" })).toBeVisible();
});

test("a session ends from another browser, at once", async ({ page, box, browser }) => {
  const elsewhere = await browser.newContext({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
  const other = await elsewhere.newPage();
  await other.goto(`${box.url}/login?next=/servers`);
  await other.getByLabel("User name").fill(USERNAME);
  await other.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await other.getByRole("button", { name: "Log in" }).click();
  await expect(other).toHaveURL(`${box.url}/servers`);
  await signedIn(page, box, "/settings/account");
  const row = page.getByRole("row").filter({ hasText: "Firefox 140 on Linux" });
  await expect(row).toContainText("127.0.0.1");
  await inspect(page, "account");
  await row.getByRole("button", { name: "End the session" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End", exact: true }).click();
  await expect(row).toHaveCount(0);
  await expect(other.getByRole("dialog", { name: /session has ended/i })).toBeVisible();
  await expect(page.getByText("This one", { exact: true })).toBeVisible();
  await elsewhere.close();
});

test("settings change in sentences, and the password where the old one is known", async ({ page, box }) => {
  await signedIn(page, box, "/settings");
  await page.getByText("may", { exact: true }).first().click();
  await expect(page.getByText("What it deletes is gone")).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await page.reload();
  await settled(page);
  await expect(page.getByText("What it deletes is gone")).toBeVisible();
  await page.goto(`${box.url}/settings/account`);
  await page.getByLabel("Password so far").fill("something else");
  await page.getByLabel("New password").fill("a new password of mine");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByText("This is not your password.")).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});
