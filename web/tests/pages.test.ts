import { expect, it } from "vitest";
import type { Schema } from "@/api/client";
import { failing } from "@/pages/dashboard/FailingTools";
import { verdict } from "@/pages/dashboard/StatusSentence";

const sandbox = (tier: Schema["SandboxTier"]) => ({ tier, detail: "why" }) as Schema["SandboxStatus"];

it("the status sentence tells the worst first", () => {
  const calm = { total: 10, failed: 1 };
  expect(verdict(sandbox("none"), 3, calm).tone).toBe("bad");
  expect(verdict(sandbox("no_namespaces"), 3, calm).tone).toBe("warn");
  expect(verdict(sandbox("full"), 3, { total: 10, failed: 6 }).title).toBe("Most calls fail");
  expect(verdict(sandbox("full"), 1, calm).title).toBe("1 review waits for you");
  expect(verdict(sandbox("full"), 0, { total: 0, failed: 0 })).toMatchObject({ tone: "ok", title: "All is well" });
});

it("failing tools are counted by tool, most first, with the newest error", () => {
  const run = (tool_name: string, message: string) => ({ server_name: "s", tool_name, failure: { message } }) as Schema["CallRecord"];
  const found = failing([run("b", "new"), run("a", "x"), run("b", "old")]);
  expect(found.map(({ tool, failures, latest }) => [tool, failures, latest.failure?.message])).toEqual([["s__b", 2, "new"], ["s__a", 1, "x"]]);
});
