/// <reference types="node" />
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The server that `npm run dev` speaks to. */
const SERVER = process.env.MCPBOX_ADMIN_URL ?? "http://127.0.0.1:3000";
const TEXT = new Set([".js", ".css", ".svg", ".webmanifest"]);

/** Writes a `.br` and a `.gz` next to each text file, for the server to hand out as they are. */
function compressed(): Plugin {
  let directory = "";
  return {
    name: "mcpbox-compressed",
    apply: "build",
    configResolved: (config) => {
      directory = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith("/")) directory = config.build.outDir;
    },
    closeBundle: () => {
      for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
        if (!TEXT.has(extname(name))) continue;
        const file = join(directory, name);
        const text = readFileSync(file);
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };
        for (const [suffix, bytes] of [[".br", brotliCompressSync(text, quality)], [".gz", gzipSync(text, { level: 9 })]] as const) {
          if (bytes.length < text.length) writeFileSync(file + suffix, bytes);
        }
      }
    },
  };
}

export default defineConfig(({ command }) => ({
  plugins: [react(), compressed()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The server puts a fresh nonce in its place with each page; the development server has no policy.
  html: command === "build" ? { cspNonce: "__CSP_NONCE__" } : {},
  build: { assetsInlineLimit: 0, target: "es2022", reportCompressedSize: false, modulePreload: { polyfill: false } },
  // The server answers only under its own name, and takes writes only from its own pages.
  server: { proxy: { "/api": { target: SERVER, changeOrigin: true, headers: { origin: SERVER } } } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"] },
}));
