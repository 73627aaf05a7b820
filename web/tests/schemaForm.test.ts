import { describe, expect, it } from "vitest";
import { type Field, fieldsOf, initial, toArguments } from "@/pages/servers/tool/schemaForm";

const form = (properties: Record<string, unknown>, required: string[] = []): Field[] => fieldsOf({ type: "object", properties, required, additionalProperties: false }) ?? [];

describe("the form of a tool", () => {
  it("has a field of the right kind for each argument, required ones first", () => {
    const fields = form(
      {
        name: { type: "string" },
        text: { type: "string" },
        limit: { type: "integer", default: 10 },
        ratio: { type: ["number", "null"] },
        style: { type: "string", enum: ["short", "long"] },
        tags: { anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }], default: null },
        strict: { type: "boolean", default: false },
        extra: { anyOf: [{ type: "object" }, { type: "null" }] },
        either: { anyOf: [{ type: "string" }, { type: "integer" }] },
        broken: true,
      },
      ["limit"],
    );
    expect(fields.map(({ name, kind, isNullable }) => [name, kind, isNullable])).toEqual([
      ["limit", "integer", false],
      ["name", "text", false],
      ["text", "long", false],
      ["ratio", "number", true],
      ["style", "choice", false],
      ["tags", "lines", true],
      ["strict", "boolean", false],
      ["extra", "json", true],
      ["either", "json", false],
      ["broken", "json", false],
    ]);
  });

  it("is none when the schema is not a plain object", () => {
    for (const schema of [null, true, "x", { type: "string" }, { type: "object", anyOf: [] }, { type: "object" }, { type: "object", properties: [] }]) expect(fieldsOf(schema)).toBeUndefined();
    expect(fieldsOf({ type: "object", additionalProperties: false })).toEqual([]);
  });

  it("starts with the defaults and gives them back", () => {
    const fields = form({ a: { type: "integer", default: 3 }, b: { type: "boolean", default: true }, c: { enum: ["x", 1], default: 1 }, d: { default: { k: [1] } } });
    expect(toArguments(fields, initial(fields))).toEqual({ arguments: { a: 3, b: true, c: 1, d: { k: [1] } }, errors: {} });
  });

  it("leaves out what was not given, and asks for what is needed", () => {
    const fields = form({ a: { type: "integer" }, b: { type: "string" }, c: { type: "array", items: { type: "number" } }, d: { type: "integer" } }, ["a", "b"]);
    const { arguments: given, errors } = toArguments(fields, initial(fields));
    expect(given).toEqual({ b: "" });
    expect(Object.keys(errors)).toEqual(["a"]);
  });

  it("keeps an empty text where something else would be taken", () => {
    const fields = form({ greeting: { type: "string", default: "Hello" } });
    expect(toArguments(fields, { greeting: "" }).arguments).toEqual({ greeting: "" });
  });

  it("reads numbers, lines and JSON, and says what is wrong", () => {
    const fields = form({ n: { type: "integer" }, x: { type: "number" }, l: { type: "array", items: { type: "integer" } }, j: {} });
    expect(toArguments(fields, { n: "7", x: "1e3", l: "1\n2\n", j: "[1, null]" })).toEqual({ arguments: { n: 7, x: 1_000, l: [1, 2], j: [1, null] }, errors: {} });
    expect(Object.keys(toArguments(fields, { n: "1.5", x: "many", l: "1\ntwo", j: "{" }).errors)).toEqual(["n", "x", "l", "j"]);
  });

  it("takes names that objects have by themselves", () => {
    const fields = form(JSON.parse('{"__proto__": {"type": "string"}, "constructor": {"type": "integer"}}') as Record<string, unknown>, ["constructor"]);
    const { arguments: given } = toArguments(fields, JSON.parse('{"__proto__": "x", "constructor": "1"}') as Record<string, string>);
    expect(Object.keys(given).sort()).toEqual(["__proto__", "constructor"]);
  });

  it("goes to raw JSON and back without a change", () => {
    const fields = form({ tags: { type: "array", items: { type: "string" } }, limit: { type: "integer", default: 10 } });
    const given = { tags: ["a", "b c"], limit: 2 };
    expect(toArguments(fields, initial(fields, given)).arguments).toEqual(given);
  });
});
