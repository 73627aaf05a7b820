// How much the browser loads, gzip, against what it may. First load is what every page needs: the entry and whatever it
// imports statically, with the largest page on top. Fails when something is over.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const MAX_KB = { "first-load JS": 230, CSS: 40, editor: 130 };

const dist = process.argv[2] ?? "dist";
const assets = join(dist, "assets");
const size = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length;
const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
const styles = readdirSync(assets).filter((name) => name.endsWith(".css"));

const imports = (text) => [...text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)].map(([, name]) => name);
const lazy = (text) => [...text.matchAll(/import\(["'`]\.\/([^"'`]+\.js)["'`]\)/g)].map(([, name]) => name);
function closure(names) {
  const found = new Set();
  const waiting = [...names];
  while (waiting.length > 0) {
    const name = waiting.pop();
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...imports(readFileSync(join(assets, name), "utf8")));
  }
  return found;
}
const total = (names) => [...names].reduce((sum, name) => sum + size(name), 0);

const page = readFileSync(join(dist, "index.html"), "utf8");
const entry = [...page.matchAll(/src="\/assets\/([^"]+\.js)"/g)].map(([, name]) => name);
const pages = entry.flatMap((name) => lazy(readFileSync(join(assets, name), "utf8"))).filter((name) => /Page-|Route-/.test(name));
const first = Math.max(total(closure(entry)), ...pages.map((name) => total(closure([...entry, name]))));
const measured = { "first-load JS": first, CSS: total(styles), editor: total(scripts.filter((name) => /^editor/i.test(name))) };

let isOver = false;
for (const [what, bytes] of Object.entries(measured)) {
  const kb = bytes / 1024;
  isOver ||= kb > MAX_KB[what];
  console.log(`${what.padEnd(14)} ${kb.toFixed(1).padStart(6)} KB of ${MAX_KB[what]}${kb > MAX_KB[what] ? "  OVER BUDGET" : ""}`);
}
if (entry.length === 0 || pages.length === 0) {
  console.log("found no entry or no page in the build: this check measures nothing");
  isOver = true;
}
process.exitCode = isOver ? 1 : 0;
