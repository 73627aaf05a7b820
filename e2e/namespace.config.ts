// Tests that need another machine on the network: scripts/story/test_sources_page.py runs them where 10.99.0.1 is one.
import base from "./playwright.config.js";

export default { ...base, testDir: "namespace" };
