import { expect, GREETING, inspect, Llm, settled, signedIn, test } from "../support/test.js";

const FETCH = `async def main(city: str) -> str:
    """Fetches the weather of a city."""
    response = await http.get(f"https://api.example.com/weather/{city}", headers={"X-Key": secrets["WEATHER_KEY"]})
    return response.text
`;

test.beforeAll(async ({ box }) => {
  const llm = await Llm.connect(box);
  await llm.seed({ server: "greetings", tool: "greet", code: GREETING, test: { name: "Ada" } });
  await llm.seed({ server: "weather", tool: "current_weather_of_a_city", code: FETCH });
  await llm.call("mcpbox_create_server", { name: "quiet" });
});

test("home tells what waits", async ({ page, box }) => {
  await signedIn(page, box);
  await expect(page.getByRole("heading", { level: 1, name: "2 reviews wait for you" })).toBeVisible();
  await expect(page.getByText("greetings__greet").first()).toBeVisible();
  await inspect(page, "home");
});

test("approvals list the worst first and keep their filter in the address", async ({ page, box }) => {
  await signedIn(page, box, "/approvals");
  const names = page.getByRole("row").getByText(/__/);
  await expect(names.first()).toHaveText(/weather__/);
  await inspect(page, "approvals");
  await page.getByText("Approved", { exact: true }).click();
  await expect(page).toHaveURL(`${box.url}/approvals?state=approved`);
  await expect(page.getByText("Nothing here yet")).toBeVisible();
  await page.goBack();
  await settled(page);
  await expect(names).toHaveCount(2);
});
