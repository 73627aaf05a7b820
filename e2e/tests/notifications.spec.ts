// The notifications page against a real receiver. Loopback is never reached, so the receiver listens on a private address of
// this machine; where there is none, the test button must say why nothing arrived.
import { createServer, type Server } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, inspect, settled, signedIn, test } from "../support/test.js";

test.use({ boxOf: "notifications" });

interface Received {
  path: string;
  signature: string;
  body: { type: string };
}

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/;
const ours = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
const lan = ours.find(({ address, internal }) => !internal && PRIVATE.test(address))?.address;

let server: Server;
let origin: string;
const received: Received[] = [];

test.beforeAll(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += String(part)));
    request.on("end", () => {
      received.push({ path: request.url ?? "", signature: String(request.headers["webhook-signature"] ?? ""), body: JSON.parse(text) as { type: string } });
      response.end("<b>thank you</b>");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, lan ?? "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  origin = `http://${lan && isIPv6(lan) ? `[${lan}]` : (lan ?? "10.255.255.1")}:${port}`;
});

test.afterAll(() => void server.close());

test("a webhook is added, tested with the answer of the other end, switched off, changed and deleted", async ({ page, box }) => {
  await signedIn(page, box, "/settings/notifications");
  await expect(page.getByRole("heading", { name: "Nobody is told yet" })).toBeVisible();
  await page.getByRole("button", { name: "Add" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Discord", { exact: true }).click();
  await expect(dialog.getByText("Copy webhook URL")).toBeVisible();
  await dialog.getByText("Webhook", { exact: true }).click();
  await dialog.getByLabel("Name").fill("Ops");
  await dialog.getByLabel("Address").fill("http://127.0.0.1:9/hidden-part");
  await dialog.getByRole("button", { name: "Make one" }).click();
  await expect(dialog.getByLabel("Signing secret")).toHaveValue(/^whsec_/);
  await inspect(page, "notifications-dialog");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("loopback address");
  await dialog.getByLabel("Address").fill(`${origin}/hidden-part`);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog).toHaveCount(0);

  const row = page.getByRole("group", { name: "Ops" });
  await expect(row).toContainText("Nothing had to be told yet.");
  await row.getByRole("button", { name: "Test Ops" }).click();
  if (lan) {
    await expect(row.getByRole("status")).toContainText("The test arrived");
    await expect(row.getByRole("status")).toContainText("HTTP 200: <b>thank you</b>");
    expect(received.at(-1)).toMatchObject({ path: "/hidden-part", body: { type: "test" }, signature: expect.stringMatching(/^v1,/) });
  } else {
    await expect(row.getByRole("status")).toContainText("The test did not arrive");
  }
  await expect(page.locator("main")).not.toContainText("hidden-part");
  await settled(page);
  await inspect(page, "notifications");

  await row.getByRole("switch", { name: "Ops is on" }).press("Space");
  await expect(row).toContainText("Off. It would be told when");
  await row.getByRole("button", { name: "More for Ops" }).click();
  await page.getByRole("menuitem", { name: "Change" }).click();
  await dialog.getByLabel("Name").fill("Night shift");
  await dialog.getByLabel("A rule approved a tool that reads hosts I granted").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  const renamed = page.getByRole("group", { name: "Night shift" });
  await expect(renamed).toContainText(
    "Off. It would be told when: a tool waits for my decision; tools cannot run, and when they can again; the sandbox holds fewer layers than before; half of the calls fail; the disk is almost full; a scheduled backup could not be made; a source of tools does not answer; a tool is withheld because its source changed it.",
  );
  await renamed.getByRole("button", { name: "More for Night shift" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { name: "Nobody is told yet" })).toBeVisible();
});
