// The fixtures of every test: a box, a page that is watched, and ways in.
import { mkdirSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { Box, PASSWORD, USERNAME } from "./box.js";

export { expect } from "@playwright/test";
export { Box, PASSWORD, USERNAME } from "./box.js";
export { GREETING, Llm } from "./llm.js";

export const THEMES = ["light", "dark"] as const;
export const WIDTHS = [375, 768, 1440] as const;
const HEIGHTS: Record<number, number> = { 375: 812, 768: 1024, 1440: 900 };
/** How many times slower the browser computes than this machine can: waits must hold on slow ones too. */
const SLOWER = Number(process.env.MCPBOX_E2E_SLOWER ?? 1);
/** This machine, by address and by the name that passkeys want. */
const HERE = ["127.0.0.1", "localhost"];
const SCREENSHOTS = new URL("../screenshots/", import.meta.url).pathname;

interface Fixtures {
  /** What the browser complained about. Every test fails when something stands here at its end; one that provokes it empties it. */
  complaints: string[];
}

interface WorkerFixtures {
  /** Files that fill the box say their own name: `test.use({ boxOf: "activity" })`. */
  boxOf: string;
  /** A box with an admin, shared by the tests of the same `boxOf` that leave nothing behind for each other. */
  box: Box;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  boxOf: ["all", { option: true, scope: "worker" }],
  box: [
    async ({ boxOf: _ }, use) => {
      const box = await Box.start();
      await makeAdmin(box);
      await use(box);
      await box.remove();
    },
    { scope: "worker" },
  ],
  page: async ({ page }, use) => {
    if (SLOWER > 1) await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    await use(page);
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      watch(page, complaints);
      await use(complaints);
      expect(complaints, "the browser complained").toEqual([]);
    },
    { auto: true },
  ],
});

/** Collects errors, violations of the policy, and requests that leave this machine's own pages. */
function watch(page: Page, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // Chromium says this of every answer above 399; which answers those may be is for the tests to check.
    if (message.text().startsWith("Failed to load resource")) return;
    complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:" && !HERE.includes(hostname)) complaints.push(`foreign origin: ${request.url()}`);
  });
}

/** Makes the admin as the setup page does, without a browser. */
export async function makeAdmin(box: Box): Promise<void> {
  const token = new URLSearchParams(new URL(box.setupUrl).hash.slice(1)).get("token");
  await post(box, "/api/setup", { token, username: USERNAME, password: PASSWORD });
}

/** A write as our own page sends it; gives the cookie it sets. */
async function post(box: Box, path: string, body: unknown): Promise<string> {
  const response = await fetch(box.url + path, { method: "POST", headers: { "content-type": "application/json", origin: box.url }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** Opens a page of the box with a session of its own. */
export async function signedIn(page: Page, box: Box, path = "/"): Promise<void> {
  const cookie = await post(box, "/api/session", { username: USERNAME, password: PASSWORD });
  const [name = "", value = ""] = cookie.split("=");
  await page.context().addCookies([{ name, value, url: box.url }]);
  await page.goto(box.url + path);
  await settled(page);
}

/** Waits until nothing is on its way any more: no skeleton, the page's own head there, fonts loaded. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator("h1").first()).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}

/** No violation that axe knows. */
export async function expectAccessible(page: Page): Promise<void> {
  // The other mode joins what the frames of a page say, in a tab that it opens for that; a page without any has one answer.
  expect(page.frames(), "frames of the page").toHaveLength(1);
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`) }));
  expect(found, `axe on ${page.url()}`).toEqual([]);
}

/** Neither the page nor anything in it scrolls sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { page: wide, inner } = await page.evaluate(() => ({
    page: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    inner: [...document.querySelectorAll("main *")]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
      .map((element) => `${element.tagName}.${element.className}`),
  }));
  expect({ wide, inner }).toEqual({ wide: false, inner: [] });
}

/** Shows the page that is open in both themes and at all widths to axe, and to a human as pictures. */
export async function inspect(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await settled(page);
  // What the pointer rests on since the last click would show its tooltip.
  await page.mouse.move(0, 0);
  expect(await page.getByRole("navigation", { name: "Main" }).locator("a[aria-current], a[data-active]").count(), "pages marked as the one shown").toBeLessThan(2);
  for (const theme of THEMES) {
    await page.evaluate((scheme) => document.documentElement.setAttribute("data-mantine-color-scheme", scheme), theme);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHTS[width] ?? 900 });
      // What measures itself (the editor, a chart) has drawn at the new width.
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await page.screenshot({ path: `${SCREENSHOTS}${name}-${theme}-${width}.png`, fullPage: true });
      await expectNoSidewaysScroll(page);
      if (width !== 768) await expectAccessible(page);
    }
  }
  await page.evaluate(() => document.documentElement.setAttribute("data-mantine-color-scheme", "light"));
  await page.setViewportSize({ width: 1440, height: 900 });
}
