import { createServer } from "node:net";
import { Box, expect, inspect, makeAdmin, signedIn, test } from "../support/test.js";

/** A port that nobody has now. */
async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A box whose public address is its own remote listener, and one whose public address leads nowhere. */
async function published(publicPort: number, remotePort: number): Promise<Box> {
  const box = await Box.start({ MCPBOX_PUBLIC_URL: `http://127.0.0.1:${publicPort}`, MCPBOX_REMOTE_ADDR: `127.0.0.1:${remotePort}` });
  await makeAdmin(box);
  return box;
}

test("each hop to the public address is checked, and what fails says what to do", async ({ page }) => {
  const [port, other, nobody] = [await freePort(), await freePort(), await freePort()];
  for (const [publicPort, remotePort, isRight] of [
    [port, port, true],
    [nobody, other, false],
  ] as const) {
    const box = await published(publicPort, remotePort);
    try {
      await signedIn(page, box, "/remote");
      const address = `http://127.0.0.1:${publicPort}/mcp`;
      await expect(page.getByText(`the address ${address}`)).toBeVisible();
      const entered = page.getByRole("region", { name: "what to enter" });
      await expect(entered).toHaveText(address);
      await page.getByLabel("Client").selectOption("Claude Code");
      await expect(entered).toHaveText(`claude mcp add --transport http mcpbox ${address}`);
      await page.getByRole("button", { name: "Check each hop" }).click();
      const verdict = isRight ? "Clients can connect." : "Clients cannot connect: mend the first hop that fails.";
      await expect(page.getByRole("status").filter({ hasText: verdict })).toBeVisible({ timeout: 60_000 });
      if (isRight) await expect(page.getByText("token endpoint", { exact: true })).toBeVisible();
      else await expect(page.getByText(/Nobody listens there/)).toBeVisible();
      await inspect(page, isRight ? "connection-right" : "connection-wrong");
    } finally {
      // What the page still loads would be missed.
      await page.goto("about:blank");
      await box.remove();
    }
  }
});
