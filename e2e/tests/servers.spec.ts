import { expect, expectAccessible, GREETING, inspect, Llm, settled, signedIn, test } from "../support/test.js";
import { approve } from "../support/admin.js";

const HOSTILE = `def main(html: str = "<b>x</b>") -> str:
    """<img src=x onerror=alert(1)> ${"z".repeat(300)}"""
    raise ValueError("<script>alert(1)</script> " + "y" * 5000)
`;
const PICTURE = `import base64

DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mP8z8BQz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC")

def main():
    """Paints."""
    return [content.text("a dot"), content.image(DOT)]
`;
const FETCH = `async def main(city: str) -> str:
    """Fetches the weather of a city."""
    response = await http.get(f"https://api.example.com/{city}", headers={"X-Key": secrets["WEATHER_KEY"]})
    return response.text
`;
const LOUDER = `def main(name: str, times: int = 1, loud: bool = False) -> str:
    """Greets somebody by name."""
    text = f"Hello, {name}! " * times
    return text.upper() if loud else text
`;

test.use({ boxOf: "servers" });

test.beforeAll(async ({ box }) => {
  const llm = await Llm.connect(box);
  await approve(box, await llm.seed({ server: "greetings", tool: "greet", code: GREETING }));
  await llm.call("mcpbox_update_tool", { tool_id: "greetings__greet", python_code: LOUDER });
  const asked = await llm.call("mcpbox_request_publish", { tool_id: "greetings__greet" });
  await approve(box, String(asked.review_id));
  await approve(box, await llm.propose({ server: "greetings", tool: "hostile", code: HOSTILE }));
  await approve(box, await llm.propose({ server: "greetings", tool: "paint", code: PICTURE }));
  await approve(box, await llm.seed({ server: "weather", tool: "current", code: FETCH }));
  await llm.call("mcpbox_create_server_secret", { server_id: "weather", key: "WEATHER_KEY", description: "Of the <b>weather</b> service", hosts: ["api.example.com"] });
});

test("a server is made, found, and deleted by typing its name", async ({ page, box }) => {
  await signedIn(page, box, "/servers");
  await inspect(page, "servers");
  await page.getByRole("button", { name: "Create a server" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a server" });
  await dialog.getByLabel("Name").fill("Bad Name");
  await expect(dialog.getByRole("button", { name: "Create" })).toBeDisabled();
  await dialog.getByLabel("Name").fill("short_lived");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page).toHaveURL(`${box.url}/servers/short_lived`);
  await expect(page.getByText("It has no tool yet")).toBeVisible();
  await page.getByRole("navigation", { name: "Parts of the server" }).getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Delete the server" }).click();
  const question = page.getByRole("dialog", { name: "Delete short_lived?" });
  await expect(question.getByRole("button", { name: "Delete the server" })).toBeDisabled();
  await expectAccessible(page);
  await question.getByLabel("Type short_lived to confirm").fill("short_lived");
  await question.getByRole("button", { name: "Delete the server" }).click();
  await expect(page).toHaveURL(`${box.url}/servers`);
  await expect(page.getByText("short_lived")).toHaveCount(0);
});

test("a server's tools, and stopping it, show at once", async ({ page, box }) => {
  await signedIn(page, box, "/servers/greetings");
  await expect(page.getByRole("row").filter({ hasText: "greet" }).first()).toContainText("Published");
  await inspect(page, "server-tools");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop the server" }).click();
  await expect(page.getByText("Stopped")).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "greet" }).first()).toContainText("Not published");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page.getByText("Running")).toBeVisible();
});

test("grants are given and taken back in the matrix", async ({ page, box }) => {
  await signedIn(page, box, "/servers/weather/grants");
  await inspect(page, "server-grants");
  await page.getByRole("button", { name: "Grant a capability" }).click();
  const dialog = page.getByRole("dialog");
  await expectAccessible(page);
  await dialog.getByLabel("Host", { exact: true }).last().fill("maps.example.org:8443");
  await dialog.getByRole("button", { name: "Grant", exact: true }).click();
  const granted = page.getByRole("button", { name: /^current may reach maps\.example\.org:8443/ });
  await expect(granted).toBeVisible();
  await granted.click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(granted).toHaveCount(0);
});

test("limits are sentences, and say what they would have done", async ({ page, box }) => {
  await signedIn(page, box, "/servers/greetings/settings");
  await expect(page.getByText("A call is ended after 30 seconds")).toBeVisible();
  await inspect(page, "server-settings");
  await page.getByLabel("Longest call").fill("0");
  await expect(page.getByRole("button", { name: "Save the limits" })).toBeDisabled();
  await page.getByLabel("Longest call").fill("12");
  await page.getByRole("button", { name: "Save the limits" }).click();
  await expect(page.getByText("A call is ended after 12 seconds")).toBeVisible();
});

test("a tool runs from a form of its schema, and its history says who approved", async ({ page, box }) => {
  await signedIn(page, box, "/servers/greetings/tools/greet");
  await page.getByLabel("name", { exact: true }).fill("Ada");
  await page.getByLabel(/^times/).fill("two");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByText("A number.")).toBeVisible();
  await page.getByLabel(/^times/).fill("2");
  await page.getByLabel(/^loud/).check();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByText("HELLO, ADA! HELLO, ADA! ").first()).toBeVisible();
  await expect(page.getByLabel("Code of the tool")).toContainText("times: int = 1");
  await page.getByRole("button", { name: "What changed" }).click();
  await expect(page.getByLabel("Changes of version 2")).toContainText("loud");
  await expect(page.getByText(/decided by ada/).first()).toBeVisible();
  await expect(page.getByRole("table", { name: "Runs" }).getByRole("row")).toHaveCount(2);
  await inspect(page, "tool");
  await page.getByRole("switch", { name: "Raw JSON" }).check();
  await expect(page.getByLabel("Arguments", { exact: true }).first()).toHaveValue(/"times": 2/);
});

test("a picture is shown as one", async ({ page, box }) => {
  await signedIn(page, box, "/servers/greetings/tools/paint");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const picture = page.getByRole("img", { name: "Image 2 of the result" });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(10);
});

test("what a tool says stays text", async ({ page, box }) => {
  await signedIn(page, box, "/servers/greetings/tools/hostile");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByText("<script>alert(1)</script>").first()).toBeVisible();
  await expect(page.locator("main img, main script")).toHaveCount(0);
  await page.mouse.move(0, 0);
  await inspect(page, "tool-hostile");
  await page.getByRole("table", { name: "Runs" }).getByRole("button").first().click();
  await expect(page.getByRole("dialog")).toContainText("<script>alert(1)</script>");
  await expectAccessible(page);
});

test("a secret is set, never shown again, and gone from the page", async ({ page, box }) => {
  const value = "s3cr3t-of-the-weather";
  const answers: string[] = [];
  page.on("response", async (response) => {
    if (response.url().includes("/api/") && !response.url().endsWith("/api/events")) answers.push(await response.text().catch(() => ""));
  });
  await signedIn(page, box, "/secrets");
  await expect(page.getByRole("heading", { name: "Tools wait for these" })).toBeVisible();
  await inspect(page, "secrets");
  await page.getByRole("button", { name: "Set the value of WEATHER_KEY" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Hosts it may be sent to")).toHaveValue("api.example.com");
  await inspect(page, "secret-dialog");
  await dialog.getByText("Revealed: the code").click();
  await expect(dialog.getByText("The code gets the value itself")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByText("Sealed: only the hosts").click();
  await dialog.getByLabel("Value", { exact: true }).fill(value);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText("Sealed", { exact: true })).toBeVisible();
  expect(await page.content()).not.toContain(value);
  expect(answers.join("\n")).not.toContain(value);
  expect(box.log).not.toContain(value);
  await page.getByRole("button", { name: "Rotate WEATHER_KEY" }).click();
  await expect(page.getByRole("dialog").getByLabel("New value")).toHaveValue("");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "More for WEATHER_KEY" }).click();
  await page.getByRole("menuitem", { name: "Change where it may go" }).click();
  await dialog.getByLabel("Hosts it may be sent to").fill("api.example.com, more.example.com");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("would newly go to more.example.com")).toBeVisible();
  await inspect(page, "secret-further");
  await expect(dialog.getByRole("button", { name: "Let it go there" })).toBeDisabled();
  await dialog.getByLabel("That is right").check();
  await dialog.getByRole("button", { name: "Let it go there" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText("more.example.com")).toBeVisible();
});

test("modules and packages", async ({ page, box }) => {
  await signedIn(page, box, "/settings/modules");
  await settled(page);
  await expect(page.getByText("No module was granted")).toBeVisible();
  await inspect(page, "modules");
});
