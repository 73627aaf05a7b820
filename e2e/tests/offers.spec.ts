import { expect, inspect, Llm, settled, signedIn, test } from "../support/test.js";

const DESK = `@prompt(title="Plan a day")
def plan_day(city: str, is_slow: bool = False) -> str:
    """Plans a day in a city."""
    return f"Plan a {'slow' if is_slow else 'fast'} day in {city}."


@resource("notes://{shelf}/{number}")
def note(shelf: str, number: int):
    """One note of a shelf."""
    return f"Note {number + 1} of {shelf}"


def main() -> int:
    """Counts the notes."""
    return 7
`;

test.use({ boxOf: "offers" });

test("prompts and resources are tried in the review and on the tool's page, and run again as what they were", async ({ page, box }) => {
  const llm = await Llm.connect(box);
  const id = await llm.seed({ server: "desk", tool: "count", code: DESK, test: {} });
  await signedIn(page, box, `/approvals/${id}`);
  await expect(page.getByText("no test ran the prompt plan_day, the resource notes://{shelf}/{number}")).toBeVisible();
  await page.getByText("Run it with your own input").click();
  await expect(page.getByText("It takes no input.")).toBeVisible();
  await page.getByLabel("What runs").selectOption("Prompt plan_day");
  await page.getByLabel("city", { exact: true }).fill("Bern");
  await page.getByRole("button", { name: "Run the test" }).click();
  await expect(page.getByText("It succeeded; the run stands first above.")).toBeVisible();
  await expect(page.getByText("Prompt plan_day", { exact: true }).first()).toBeVisible();
  await expect(page.getByText("no test ran the resource notes://{shelf}/{number}", { exact: true })).toBeVisible();
  await inspect(page, "review-offers");
  await page.getByRole("region", { name: "Decision" }).getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText(/approved this/)).toBeVisible();
  await llm.call("mcpbox_start_server", { server_id: "desk" });

  await page.goto(`${box.url}/servers/desk/tools/count`);
  await page.getByLabel("What runs").selectOption("Resource notes://{shelf}/{number}");
  await page.getByLabel("shelf").fill("red");
  await page.getByLabel("number").fill("41");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByText("Note 42 of red").first()).toBeVisible();
  await expect(page.getByRole("table", { name: "Runs" }).getByText("Resource note", { exact: true })).toBeVisible();
  await settled(page);
  await inspect(page, "tool-offers");

  await page.goto(`${box.url}/activity?range=all`);
  const rows = page.getByRole("table", { name: "Runs" });
  await expect(rows.getByText("Resource note", { exact: true })).toBeVisible();
  await rows.getByRole("link").first().click();
  const run = page.getByRole("dialog", { name: "Run" });
  await expect(run.getByText("Resource note", { exact: true })).toBeVisible();
  await settled(page);
  await inspect(page, "run-offer");
  await run.getByRole("button", { name: "Run again with this input" }).click();
  await expect(page.getByText("The resource note of")).toBeVisible();
  await page.getByLabel("Input, as JSON").fill('{"shelf": "blue", "number": 1}');
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(run.getByRole("region", { name: "Output" })).toContainText("Note 2 of blue");
});
