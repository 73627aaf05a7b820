import { defineConfig } from "vitest/config";

// One world for all files: each is a real gateway, a real provider and a real workerd.
export default defineConfig({
  test: { include: ["tests/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000, fileParallelism: false },
});
