// What a decision can be besides yes and no: in part, for a time, of several at once, too late, and taken back.
import { expect, expectAccessible, GREETING, inspect, Llm, settled, signedIn, test, USERNAME } from "../support/test.js";
import { approve } from "../support/admin.js";

const FETCH = `async def main(city: str) -> str:
    """Fetches the weather of a city."""
    response = await http.get(f"https://api.example.com/weather/{city}")
    return response.text
`;

test.use({ boxOf: "deciding" });

let llm: Llm;
test.beforeAll(async ({ box }) => {
  llm = await Llm.connect(box, "e2e client");
});

const gains = { name: "What it may newly do" };
const asksFor = (tool_id: string, host: string) => llm.call("mcpbox_request_network_access", { tool_id, host, justification: "For the <b>map</b>." });

test("what a tool can do without is refused alone, the rest is approved, and for a time", async ({ page, box }) => {
  const id = await llm.seed({ server: "parts", tool: "weather", code: FETCH });
  await asksFor("parts__weather", "maps.example.org");
  await signedIn(page, box, `/approvals/${id}`);
  const [weather, maps] = ["api.example.com", "maps.example.org"].map((host) => page.getByRole("list", gains).getByRole("listitem").filter({ hasText: host }));
  await maps?.getByRole("button", { name: "Refuse only this" }).click();
  await expect(page.getByText("Say why for each thing you refuse")).toBeVisible();
  await expect(page.getByText("The tool can do without it: the rest can be approved.")).toBeVisible();
  await maps?.getByLabel(/Why not\?/).fill("No map is drawn.");
  await weather?.getByRole("button", { name: "Only for a time" }).click();
  await weather?.getByLabel("How long it is granted").selectOption("For 30 days");
  await inspect(page, "review-in-part");
  await page.getByRole("button", { name: "Approve the rest" }).click();
  await expect(page.getByText(`${USERNAME} approved this`)).toBeVisible();
  await expect(page.getByText("“No map is drawn.”")).toBeVisible();
  const { refused } = await llm.call("mcpbox_get_tool_status", { tool_id: "parts__weather" });
  expect(refused).toEqual([{ capability: { kind: "host", host: "maps.example.org" }, reason: "No map is drawn." }]);
  await page.goto(`${box.url}/servers/parts/grants`);
  await expect(page.getByRole("button", { name: /^weather may reach api\.example\.com until \d+ \w+ \d{4}, granted by ada/ })).toBeVisible();
  await expect(page.getByText("maps.example.org")).toHaveCount(0);
});

test("what it cannot do without sends the whole back, with the reason", async ({ page, box }) => {
  const id = await llm.seed({ server: "wholes", tool: "weather", code: FETCH });
  await signedIn(page, box, `/approvals/${id}`);
  await page.getByRole("button", { name: "Refuse only this" }).click();
  await expect(page.getByText("The tool cannot do without it, so the whole goes back.")).toBeVisible();
  await page.getByLabel(/Why not\?/).fill("Use the host of the office.");
  await page.getByRole("button", { name: "Send back with this" }).click();
  await expect(page.getByText(`${USERNAME} sent this back`)).toBeVisible();
  await expect(page.getByText("“Use the host of the office.”")).toBeVisible();
  const status = await llm.call("mcpbox_get_tool_status", { tool_id: "wholes__weather" });
  expect(JSON.stringify(status)).toContain("Use the host of the office.");
});

test("a live tool that asks for more is decided without its code going live anew", async ({ page, box }) => {
  await approve(box, await llm.seed({ server: "more", tool: "greet", code: GREETING }));
  const { review_id: id } = await asksFor("more__greet", "names.example.org");
  await signedIn(page, box, "/approvals");
  await expect(page.getByRole("row").filter({ hasText: "more__greet" })).toContainText("asks for more");
  await page.goto(`${box.url}/approvals/${String(id)}`);
  await expect(page.getByText(/Version 1 stays as it is and asks for more/)).toBeVisible();
  await expect(page.getByText("The live version may use it at once.")).toBeVisible();
  await inspect(page, "review-grant");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByText(`${USERNAME} approved this`)).toBeVisible();
});

test("what changed under an open review is shown before anything is decided", async ({ page, box }) => {
  const id = await llm.seed({ server: "changing", tool: "greet", code: GREETING });
  await signedIn(page, box, `/approvals/${id}`);
  await settled(page);
  await asksFor("changing__greet", "names.example.org");
  await expect(page.getByText("This review changed while you read it").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toBeDisabled();
  await expect(page.getByText("names.example.org")).toHaveCount(0);
  await inspect(page, "review-changed");
  await page.getByRole("button", { name: "Show what changed" }).click();
  const changed = page.getByRole("alert").filter({ hasText: "What changed since you looked" });
  await expect(changed).toContainText("It asks for host names.example.org in addition");
  await expect(changed).toBeFocused();
  await expect(page.getByRole("list", gains)).toContainText("names.example.org");
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toBeEnabled();
});

test("a resubmission is compared with what was read last, and takes the reader along", async ({ page, box }) => {
  const id = await llm.seed({ server: "again", tool: "greet", code: GREETING });
  const seen = page.waitForResponse((response) => response.url().endsWith(`/api/reviews/${id}/seen`));
  await signedIn(page, box, `/approvals/${id}`);
  expect((await seen).status()).toBe(204);
  await llm.call("mcpbox_update_tool", { tool_id: "again__greet", python_code: GREETING.replace("Greets", "Welcomes").replace("Hello", "Welcome") });
  await llm.call("mcpbox_request_publish", { tool_id: "again__greet" });
  await page.getByRole("button", { name: "Show the newer one" }).click();
  const changed = page.getByRole("alert").filter({ hasText: "What changed since you last read it" });
  await expect(changed).toContainText("Welcomes somebody by name.");
  await expect(page.getByRole("radio", { name: "Since you looked" })).toBeChecked();
  await expect(page.locator(".cm-removed").last()).toContainText("Hello");
  await inspect(page, "review-what-changed");
});

test("a decision about what is not there any more is refused by the server, which says what changed", async ({ page, box }) => {
  const id = await llm.seed({ server: "stale", tool: "greet", code: GREETING });
  await page.route("**/api/events", () => new Promise(() => undefined));
  await signedIn(page, box, `/approvals/${id}`);
  await settled(page);
  await asksFor("stale__greet", "names.example.org");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("button", { name: "Show what changed since you looked" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "in addition" })).toBeVisible();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByText(`${USERNAME} approved this`)).toBeVisible();
});

test("what is decided in one tab stands in the other at once", async ({ page, box }) => {
  const id = await llm.seed({ server: "tabs", tool: "greet", code: GREETING });
  await signedIn(page, box, `/approvals/${id}`);
  const other = await page.context().newPage();
  await other.goto(`${box.url}/approvals/${id}`);
  await expect(other.getByRole("status").filter({ hasText: "Live" })).toBeVisible();
  await settled(other);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(other.getByText(`${USERNAME} approved this`)).toBeVisible();
  await expect(other.getByRole("button", { name: "Approve", exact: true })).toHaveCount(0);
  await other.close();
});

test("an approval is taken back with one click, and the tool is gone", async ({ page, box }) => {
  const id = await llm.seed({ server: "taken", tool: "greet", code: GREETING });
  await approve(box, id);
  await llm.call("taken__greet", { name: "Ada" });
  await signedIn(page, box, `/approvals/${id}`);
  await expect(page.getByText("1 run, none failed", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Revoke" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke the approval?" });
  await dialog.getByLabel(/Why\?/).fill("It shouts.");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText(`${USERNAME} took the approval back`)).toBeVisible();
  await expect(page.getByText("“It shouts.”")).toBeVisible();
  await expect(page.getByText("Revoked", { exact: true })).toBeVisible();
  await inspect(page, "review-revoked");
  expect(await llm.tryCall("taken__greet", { name: "Ada" })).toMatchObject({ isError: true });
  await page.goto(`${box.url}/approvals?state=revoked`);
  await expect(page.getByRole("row").filter({ hasText: "taken__greet" })).toBeVisible();
});

test("several go back with one reason; together is approved only what has low risk, also by the API", async ({ page, box }) => {
  await llm.call("mcpbox_create_server", { name: "bulk" });
  for (const tool of ["welcome", "part", "thank"]) await llm.propose({ server: "bulk", tool, code: GREETING.replace("Hello", tool), test: { name: "Ada" } });
  const risky = await llm.seed({ server: "bulk_risky", tool: "weather", code: FETCH });
  await signedIn(page, box, "/approvals");
  const tick = (tool: string) => page.getByRole("checkbox", { name: `Select ${tool}` }).click();
  const selected = page.getByRole("region", { name: "What is selected" });
  await tick("bulk__welcome");
  await tick("bulk_risky__weather");
  await expect(selected).toContainText("2 reviews selected. Above low risk, each is approved by itself.");
  await expect(selected.getByRole("button", { name: "Approve" })).toHaveCount(0);
  await inspect(page, "approvals-selected");
  const { review } = (await (await page.request.get(`${box.url}/api/reviews/${risky}`)).json()) as { review: { content_hash: string } };
  const refused = await page.request.post(`${box.url}/api/reviews/approve`, { data: { reviews: [{ id: risky, content_hash: review.content_hash }] }, headers: { origin: box.url } });
  expect(refused.status()).toBe(422);
  await selected.getByRole("button", { name: "Send back" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/What should change\?/).fill("Merge them into one tool.");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Send back" }).click();
  await expect(page.getByText("2 reviews sent back")).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "bulk_risky__weather" })).toHaveCount(0);
  await tick("bulk__part");
  await tick("bulk__thank");
  await selected.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("dialog", { name: "Approve 2 reviews?" }).getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("2 reviews approved")).toBeVisible();
  await expectAccessible(page);
  expect(await llm.call("bulk__part", { name: "Ada" })).toBeDefined();
});
