import { expect, it } from "vitest";
import type { Schema } from "@/api/client";
import { argumentFields, argumentsOf } from "@/components/arguments";
import { marks } from "@/components/characters";
import { rowsOfDiff, rowsOfText } from "@/components/codeRows";

const diff = {
  unified: "",
  added: 1,
  removed: 1,
  hunks: [{ lines: [{ change: "same", old_line: 8, new_line: 8, text: "a" }, { change: "removed", old_line: 9, text: "b" }, { change: "added", new_line: 9, text: "c" }] }],
} as Schema["Diff"];

it("a diff keeps the numbers of the file and says how much it leaves out", () => {
  expect(rowsOfDiff(diff).map(({ change, line, oldLine, skipped }) => [change, line, oldLine, skipped])).toEqual([
    ["same", 8, 8, 7],
    ["removed", undefined, 9, 0],
    ["added", 9, undefined, 0],
  ]);
  expect(rowsOfText(`${"x\n".repeat(10)}`, diff).map(({ change }) => change).indexOf("added")).toBe(8);
  expect(rowsOfText("a\rb\n")).toHaveLength(1);
});

it("marks stand where the characters stand", () => {
  expect(marks("x\u{1d400}\u200b").map(({ from, to, isHidden }) => [from, to, isHidden])).toEqual([[1, 3, false], [3, 4, true]]);
});

const schema = {
  properties: { text: { type: "string" }, n: { anyOf: [{ type: "integer" }, { type: "null" }] }, flag: { type: "boolean", default: true }, list: { type: "array" }, kind: { enum: ["a", "b"] }, __proto__x: {} },
  required: ["text", "list"],
};

it("a form follows the schema, and gives what was typed as the schema wants it", () => {
  const fields = argumentFields(schema);
  expect(fields.map(({ kind }) => kind)).toEqual(["text", "number", "switch", "json", "choice", "json"]);
  expect(argumentsOf(fields, { list: "[1", n: "x" }).errors).toEqual({ list: expect.stringContaining("JSON"), n: "It must be a number" });
  expect(argumentsOf(fields, { text: "", list: "[1]", n: "3" })).toEqual({ values: { text: "", list: [1], n: 3, flag: true }, errors: {} });
});
