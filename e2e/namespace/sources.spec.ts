// The page of sources, with the FastMCP server of the stories as the other machine.
import { expect, expectAccessible, inspect, Llm, settled, signedIn, test } from "../support/test.js";
import { approve } from "../support/admin.js";
import { Peer } from "../support/peer.js";

test.use({ boxOf: "sources" });

test("a source is added, allowed, imported from, and says when it changes and when it is gone", async ({ page, box }) => {
  const there = new Peer("fast", 18_391, "mcp");
  try {
    await there.isThere();
    const llm = await Llm.connect(box);
    await llm.call("mcpbox_create_server", { name: "lent", description: "What others offer" });
    await llm.call("mcpbox_start_server", { server_id: "lent" });
    await signedIn(page, box, "/servers/lent");
    await page.getByRole("navigation", { name: "Parts of the server" }).getByRole("link", { name: "Sources" }).click();
    await expect(page.getByText("It lends no tools of other servers")).toBeVisible();
    await settled(page);
    await inspect(page, "sources-empty");

    await page.getByRole("button", { name: "Add a source" }).click();
    const adding = page.getByRole("dialog", { name: "Add a source" });
    await adding.getByLabel("Address").fill("http://127.0.0.1:9/mcp");
    await expect(adding.getByText("This machine itself is never reached.")).toBeVisible();
    await adding.getByLabel("Address").fill(there.url);
    await adding.getByLabel("Name", { exact: true }).fill("there");
    await adding.getByLabel("What it wants to see").selectOption("bearer");
    await expect(adding.getByRole("button", { name: "Add", exact: true })).toBeDisabled();
    await expectAccessible(page);
    await adding.getByLabel("What it wants to see").selectOption("none");
    await adding.getByRole("button", { name: "Add", exact: true }).click();
    const card = page.getByRole("region", { name: "Source there" });
    await expect(card.getByText("Nothing is sent there until you allow it.")).toBeVisible();
    await inspect(page, "sources-waiting");
    await card.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("dialog", { name: "Allow there?" }).getByRole("button", { name: "Allow" }).click();

    await card.getByRole("button", { name: "See what it offers" }).click();
    const offers = page.getByRole("dialog", { name: "What there offers" });
    await offers.getByRole("checkbox", { name: "weather" }).check();
    await offers.getByRole("checkbox", { name: "slow" }).check();
    await expectAccessible(page);
    await page.screenshot({ path: new URL("../screenshots/sources-offers-light-1440.png", import.meta.url).pathname });
    await offers.getByRole("button", { name: "Import 2 tools" }).click();
    await expect(offers.getByRole("list", { name: "Imported tools" }).getByRole("link", { name: "Review it" })).toHaveCount(2);
    await offers.getByRole("button", { name: "Done" }).click();
    await expect(card.getByRole("link", { name: "Review it" })).toHaveCount(2);
    await expect(card.getByText("Answers", { exact: true })).toBeVisible();

    const waiting = (await (await page.request.get(`${box.url}/api/reviews?state=open`)).json()) as { items: { id: string; tool: string }[] };
    for (const { id } of waiting.items) await approve(box, id);
    await expect(card.getByRole("link", { name: "Review it" })).toHaveCount(0);
    const answer = await llm.call("lent__weather", { city: "Bern" });
    expect(answer.celsius).toBe(21.5);

    await there.tell("change");
    await card.getByRole("button", { name: "See what it offers" }).click();
    await expect(offers.getByText("changed there since")).toBeVisible();
    await offers.getByRole("button", { name: "Cancel" }).click();
    await expect(card.getByText("Withheld")).toBeVisible();
    await expect(card.getByText("Changed", { exact: true })).toBeVisible();
    await settled(page);
    await inspect(page, "sources-changed");
    await card.getByRole("link", { name: "See what changed" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("weather");
    await expect(page.locator("main")).toContainText("country");
    await page.goBack();

    await there.end();
    await card.getByRole("button", { name: "See what it offers" }).click();
    await expect(offers.getByRole("alert")).toContainText("does not answer");
    await offers.getByRole("button", { name: "Cancel" }).click();
    await expect(card.getByText("Does not answer", { exact: true })).toBeVisible();
    await settled(page);
    await inspect(page, "sources-gone");

    await card.getByRole("button", { name: "More about there" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("dialog", { name: "Remove there?" }).getByRole("button", { name: "Remove the source" }).click();
    await expect(page.getByText("It lends no tools of other servers")).toBeVisible();
    expect((await llm.tryCall("lent__slow", { seconds: 0 })).isError).toBe(true);
  } finally {
    await there.end();
  }
});
