import { defineConfig } from "@playwright/test";

/** Debian's browser, without anything that would speak to the network. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: false,
  // Files side by side: each has boxes of its own.
  workers: 2,
  retries: 0,
  // Bounds for what hangs, wide enough for a machine that does much else; what has to be quick is asserted where it is.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  reporter: [["line"]],
  use: {
    browserName: "chromium",
    launchOptions: { executablePath: process.env.MCPBOX_CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS },
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "UTC",
    // A trace of every test costs a quarter of the time: ask for it with `--trace on` where a picture does not say enough.
    screenshot: "only-on-failure",
  },
});
