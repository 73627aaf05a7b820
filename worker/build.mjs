// Writes worker.js, which MCPbox carries and uploads: one module, readable, the same bytes from the same sources.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const target = new URL("worker.js", import.meta.url);
const result = await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: ["src/index.ts"],
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
  external: ["cloudflare:*"],
  legalComments: "inline",
  write: false,
});
const made = result.outputFiles[0].text;
if (process.argv.includes("--check")) {
  const kept = await readFile(target, "utf8").catch(() => "");
  if (kept !== made) {
    console.error("worker.js is not what the sources make; run `npm run build` in worker/ and commit it");
    process.exit(1);
  }
} else {
  await writeFile(target, made);
}
