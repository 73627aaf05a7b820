// A program as a source, from the form to a call: the filesystem server of the stories, in the jail.
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inspect, Llm, settled, signedIn, test, USERNAME } from "../support/test.js";

const MODULES = new URL("../../scripts/story/sources/node_modules", import.meta.url).pathname;
const SERVER = `${MODULES}/@modelcontextprotocol/server-filesystem/dist/index.js`;
const VALUE = "a-value-that-nobody-may-see-4711";

test.use({ boxOf: "programs" });

/** A directory that a program of any user may change. */
async function makeNotes(): Promise<string> {
  const notes = join(await realpath(await mkdtemp(join(tmpdir(), "mcpbox-notes-"))), "my notes");
  await mkdir(notes);
  await chmod(notes, 0o777);
  await writeFile(join(notes, "hello.txt"), "good day");
  return notes;
}

test("a program is added on the page, allowed, started, imported from and used, and shows all it gets", async ({ page, box }) => {
  const notes = await makeNotes();
  try {
    const llm = await Llm.connect(box);
    await llm.call("mcpbox_create_server", { name: "lent", description: "What others offer" });
    await llm.call("mcpbox_start_server", { server_id: "lent" });
    await signedIn(page, box, "/servers/lent/sources");
    await page.getByRole("button", { name: "Add a source" }).click();
    const adding = page.getByRole("dialog", { name: "Add a source" });
    await adding.getByLabel("Address").fill("https://mcp.example.com/mcp");
    await adding.getByText("A program", { exact: true }).click();
    const add = adding.getByRole("button", { name: "Add", exact: true });

    await adding.getByLabel("Command").fill("npx -y server");
    await expect(adding.getByText("npx starts other programs")).toBeVisible();
    await adding.getByLabel("Command").fill("./server");
    await expect(adding.getByText("A whole path from /, or the name of a program")).toBeVisible();
    await adding.getByLabel("Command").fill("node");
    await adding.getByLabel("Name", { exact: true }).fill("files");
    await adding.getByLabel("Arguments").fill(`${SERVER}\n${notes}`);
    await adding.getByLabel("Paths to read").fill(`${MODULES}\n/proc`);
    await expect(adding.getByText("nothing in /proc is ever let into the jail")).toBeVisible();
    await expect(add).toBeDisabled();
    await adding.getByLabel("Paths to read").fill(MODULES);
    await adding.getByLabel("Paths to write").fill(notes);
    await adding.getByLabel("Hosts").fill("https://api.example.com");
    await expect(adding.getByText("one name or address")).toBeVisible();
    await expect(add).toBeDisabled();
    await adding.getByLabel("Hosts").fill("api.example.com\nnas.lan:8080");
    await adding.getByRole("button", { name: "Add a variable" }).click();
    await adding.getByLabel("Name of variable 1").fill("LOG_LEVEL");
    await adding.getByLabel("Text of variable 1").fill("{private} info");
    await expect(adding.getByText("means nothing without this")).toBeVisible();
    await adding.getByLabel("A directory of its own").check();
    await adding.getByRole("button", { name: "Add a variable" }).click();
    await adding.getByLabel("Name of variable 2").fill("NOTES_KEY");
    await adding.getByLabel("Kind of variable 2").selectOption("secret");
    await adding.getByLabel("Secret of variable 2").fill("notes_token");
    await expect(adding.getByText("NOTES_TOKEN is not there yet")).toBeVisible();
    await adding.getByRole("button", { name: "Add a variable" }).click();
    await expect(add).toBeDisabled();
    await adding.getByRole("button", { name: "Remove variable 3" }).click();
    await expect(adding.getByText(`Starts node ${SERVER} '${notes}'`)).toBeVisible();
    // What was typed stays, whichever kind is looked at.
    await adding.getByText("On the network", { exact: true }).click();
    await expect(adding.getByLabel("Address")).toHaveValue("https://mcp.example.com/mcp");
    await adding.getByText("A program", { exact: true }).click();
    await adding.getByLabel("Arguments").fill(`${SERVER}\n\n${notes}`);
    await expect(adding.getByText(`Starts node ${SERVER} '' '${notes}'`)).toBeVisible();
    await adding.getByLabel("Arguments").fill(`${SERVER}\n${notes}\n`);
    await expect(adding.getByText(`Starts node ${SERVER} '${notes}'`)).toBeVisible();
    await inspect(page, "sources-program-form");
    await add.click();

    const card = page.getByRole("region", { name: "Source files" });
    await expect(card.getByText(`Starts node ${SERVER} '${notes}'`)).toBeVisible();
    await expect(card.getByText(`It reads ${MODULES}`)).toBeVisible();
    await expect(card.getByText(`It reads and changes '${notes}', a directory of its own`)).toBeVisible();
    await expect(card.getByText("It reaches api.example.com, nas.lan:8080")).toBeVisible();
    await expect(card.getByText("It gets the variables LOG_LEVEL='{private} info', NOTES_KEY=(secret NOTES_TOKEN)")).toBeVisible();
    await card.getByRole("button", { name: "Allow" }).click();
    const asked = page.getByRole("dialog", { name: "Allow files?" });
    await expect(asked).toContainText("reaches api.example.com, nas.lan:8080");
    await expect(asked).toContainText("with a way to these hosts alone");
    await expect(asked).toContainText("NOTES_KEY=(secret NOTES_TOKEN)");
    await inspect(page, "sources-program-allow");
    await asked.getByRole("button", { name: "Allow" }).click();

    await expect(card.getByText("NOTES_TOKEN has no value yet, so it cannot be started.")).toBeVisible();
    await settled(page);
    await inspect(page, "sources-program-unset");
    await card.getByRole("link", { name: "Set it" }).click();
    await expect(page).toHaveURL(/\/servers\/lent\/secrets$/);
    const set = await page.request.put(`${box.url}/api/servers/lent/secrets/NOTES_TOKEN/value`, { headers: { origin: box.url }, data: { value: VALUE } });
    expect(set.ok(), await set.text()).toBe(true);
    await page.goBack();
    await expect(card.getByText("NOTES_TOKEN has no value yet")).toHaveCount(0);

    await card.getByRole("button", { name: "See what it offers" }).click();
    const offers = page.getByRole("dialog", { name: "What files offers" });
    await offers.getByRole("checkbox", { name: "read_text_file" }).check();
    await offers.getByRole("button", { name: "Import 1 tool" }).click();
    await offers.getByRole("link", { name: "Review it" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("read_text_file");
    await settled(page);
    await inspect(page, "sources-program-review");
    for (const finding of await page.locator("main").getByRole("checkbox").all()) await finding.check();
    await page.getByRole("region", { name: "Decision" }).getByRole("button", { name: "Approve" }).click();
    await expect(page.getByText(`${USERNAME} approved this`)).toBeVisible();

    const answer = await llm.tryCall("lent__read_text_file", { path: join(notes, "hello.txt") });
    expect(answer.isError ?? false, JSON.stringify(answer)).toBe(false);
    expect(JSON.stringify(answer)).toContain("good day");
    const elsewhere = await llm.tryCall("lent__read_text_file", { path: "/etc/passwd" });
    expect(elsewhere.isError, JSON.stringify(elsewhere)).toBe(true);

    await page.goto(`${box.url}/servers/lent/sources`);
    await expect(card.getByText("Answers", { exact: true })).toBeVisible();
    await card.getByText("What it wrote to its standard error last").click();
    await inspect(page, "sources-program-used");
    expect(await page.content()).not.toContain(VALUE);

    // The name stands for exactly that program: another one is refused, in the server's words, at the name.
    await page.getByRole("button", { name: "Add a source" }).click();
    await adding.getByText("A program", { exact: true }).click();
    await adding.getByLabel("Command").fill("python3");
    await adding.getByLabel("Name", { exact: true }).fill("files");
    await add.click();
    const name = adding.getByLabel("Name", { exact: true });
    await expect(name).toHaveAccessibleDescription(/has a source 'files' that is another/);
    await expect(name).toBeFocused();
    await settled(page);
    await inspect(page, "sources-refused");
    await name.fill("others");
    await expect(adding.getByText("has a source 'files' that is another")).toHaveCount(0);
    await expect(add).toBeEnabled();
  } finally {
    await rm(join(notes, ".."), { recursive: true, force: true });
  }
});
