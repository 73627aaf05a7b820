// A source that wants an account: where one logs in is named, allowed, gone to and come back from; and the login ends.
import { expect, expectAccessible, inspect, Llm, settled, signedIn, test } from "../support/test.js";
import { Peer } from "../support/peer.js";

/** Another name of the same machine, at which people log in. */
const LOGIN = "lan.attack.example";

test.use({ boxOf: "source-login" });

test("a human allows where to log in, says no and yes there, is told when it is over, and logs out", async ({ page, box, complaints }) => {
  const there = new Peer("guarded", 18_392, LOGIN, "3600", "ask");
  try {
    await there.isThere();
    const llm = await Llm.connect(box);
    await llm.call("mcpbox_create_server", { name: "acct", description: "What others offer" });
    await llm.call("mcpbox_start_server", { server_id: "acct" });
    await llm.call("mcpbox_add_external_source", { server_id: "acct", name: "there", url: there.url, auth_type: "oauth" });
    await signedIn(page, box, "/servers/acct/sources");
    const card = page.getByRole("region", { name: "Source there" });
    await card.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("dialog", { name: "Allow there?" }).getByRole("button", { name: "Allow" }).click();
    await expect(card.getByText("nobody has logged in yet")).toBeVisible();
    await settled(page);
    await inspect(page, "sources-login-wanted");

    await card.getByRole("button", { name: "Log in" }).click();
    const dialog = page.getByRole("dialog", { name: "Log in to there" });
    await expect(dialog.getByRole("list", { name: "What is contacted" }).getByRole("listitem")).toHaveText([`http://${LOGIN}:${there.port}`]);
    await expectAccessible(page);
    await page.screenshot({ path: new URL("../screenshots/sources-login-asks-light-1440.png", import.meta.url).pathname });
    await dialog.getByRole("button", { name: `Allow and log in at http://${LOGIN}:${there.port}` }).click();
    await expect(page.getByRole("heading", { name: "May MCPbox use your account?" })).toBeVisible();
    await page.getByRole("button", { name: "Refuse" }).click();
    await expect(page).toHaveURL(`${box.url}/servers/acct/sources`);
    await expect(card.getByText("You said no")).toBeVisible();
    await settled(page);
    await inspect(page, "sources-login-refused");

    await card.getByRole("button", { name: "Log in" }).click();
    await dialog.getByRole("button", { name: /log in at/i }).click();
    await page.getByRole("button", { name: "Allow" }).click();
    await expect(page).toHaveURL(`${box.url}/servers/acct/sources`);
    await expect(card.getByText(`Logged in at http://${LOGIN}:${there.port}`)).toBeVisible();
    await expect(card.getByText("You said no")).toHaveCount(0);
    await settled(page);
    await inspect(page, "sources-login-active");
    await card.getByRole("button", { name: "See what it offers" }).click();
    const offers = page.getByRole("dialog", { name: "What there offers" });
    await expect(offers.getByRole("checkbox", { name: "who" })).toBeVisible();
    await offers.getByRole("button", { name: "Cancel" }).click();

    await there.tell("revoke");
    // For one that was given seconds ago no other token is asked for yet.
    await expect(async () => {
      await card.getByRole("button", { name: "See what it offers" }).click();
      await expect(offers.getByRole("alert")).toBeVisible();
      await offers.getByRole("button", { name: "Cancel" }).click();
      await expect(card.getByText("The login expired or was revoked")).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 60_000 });
    await settled(page);
    await inspect(page, "sources-login-ended");

    await card.getByRole("button", { name: "Log in again" }).click();
    await dialog.getByRole("button", { name: /log in at/i }).click();
    await page.getByRole("button", { name: "Allow" }).click();
    await card.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("dialog", { name: "Log out of there?" }).getByRole("button", { name: "Log out" }).click();
    await expect(card.getByText("nobody has logged in yet")).toBeVisible();
    const refused = await llm.tryCall("mcpbox_discover_external_tools", { source_id: "acct/there" });
    expect(JSON.stringify(refused)).toContain("nobody has logged in");
    // The other site is foreign on purpose.
    complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes(`http://${LOGIN}:${there.port}/`)));
  } finally {
    await there.end();
  }
});
