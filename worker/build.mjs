// Writes the program of the Worker, which MCPbox carries and uploads, to the file that is named, or dist/worker.js: one module, readable.
import { build } from "esbuild";

await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: ["src/index.ts"],
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
  external: ["cloudflare:*"],
  legalComments: "inline",
  outfile: process.argv[2] ?? "dist/worker.js",
});
