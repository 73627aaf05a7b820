import { describe, expect, it } from "vitest";
import { functionAsked, functionWords } from "@/components/entry";

describe("which function ran", () => {
  it("is said of prompts and resources, not of the tool itself", () => {
    expect([undefined, { kind: "main" } as const].map(functionWords)).toEqual([undefined, undefined]);
    expect(functionWords({ kind: "prompt", function: "plan_day" })).toBe("Prompt plan_day");
    expect(functionWords({ kind: "resource", function: "note" })).toBe("Resource note");
  });

  it("is asked for as a request names it", () => {
    expect([undefined, { kind: "main" } as const].map(functionAsked)).toEqual([{}, {}]);
    expect(functionAsked({ kind: "resource", function: "note" })).toEqual({ resource: "note" });
  });
});
