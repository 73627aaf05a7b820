/** A field of the form of a tool, from its JSON Schema. */
export interface Field {
  name: string;
  kind: "text" | "long" | "integer" | "number" | "boolean" | "choice" | "lines" | "json";
  /** What it is, in the schema's words. */
  description: string;
  isRequired: boolean;
  /** It may be null. */
  isNullable: boolean;
  /** What is taken when it is left out; undefined when the schema does not tell. */
  fallback: unknown;
  /** The values of a choice. */
  choices: unknown[];
  /** The type of the entries of `lines`. */
  entries: "text" | "integer" | "number";
}

/** What stands in the fields: text, or whether a box is ticked. `undefined` leaves a field out. */
export type Values = Record<string, string | undefined>;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const ENTRIES = { string: "text", integer: "integer", number: "number" } as const;
const LONG = /text|body|content|html|markdown|code|prompt|message|query|sql|csv/i;

/** The fields of a tool's arguments; undefined when the schema is no plain object, so that only raw JSON will do. */
export function fieldsOf(schema: unknown): Field[] | undefined {
  if (!isObject(schema) || schema.type !== "object" || schema.anyOf || schema.oneOf || schema.allOf) return undefined;
  if (schema.properties === undefined) return schema.additionalProperties === false ? [] : undefined;
  if (!isObject(schema.properties)) return undefined;
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = Object.entries(schema.properties).map(([name, part]) => fieldOf(name, part, required.has(name)));
  return [...fields.filter(({ isRequired }) => isRequired), ...fields.filter(({ isRequired }) => !isRequired)];
}

function fieldOf(name: string, part: unknown, isRequired: boolean): Field {
  const whole = isObject(part) ? part : {};
  const { schema, isNullable } = withoutNull(whole);
  const field: Field = {
    name,
    kind: "json",
    description: typeof whole.description === "string" ? whole.description : typeof schema.description === "string" ? schema.description : "",
    isRequired,
    isNullable,
    fallback: "default" in whole ? whole.default : schema.default,
    choices: [],
    entries: "text",
  };
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return { ...field, kind: "choice", choices: schema.enum };
  switch (schema.type) {
    case "string":
      return { ...field, kind: LONG.test(name) || Number(schema.maxLength) > 200 ? "long" : "text" };
    case "integer":
    case "number":
      return { ...field, kind: schema.type };
    case "boolean":
      return { ...field, kind: "boolean" };
    case "array": {
      const type = isObject(schema.items) && !schema.items.enum ? schema.items.type : undefined;
      if (type === "string" || type === "integer" || type === "number") return { ...field, kind: "lines", entries: ENTRIES[type] };
      return field;
    }
    default:
      return field;
  }
}

/** `anyOf: [X, null]` and `type: ["string", "null"]` are X that may be null. */
function withoutNull(schema: Json): { schema: Json; isNullable: boolean } {
  if (Array.isArray(schema.type) && schema.type.length === 2 && schema.type.includes("null")) {
    return { schema: { ...schema, type: schema.type.find((type) => type !== "null") }, isNullable: true };
  }
  const of = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(of)) return { schema, isNullable: false };
  const rest = of.filter((part) => !(isObject(part) && part.type === "null"));
  const [only] = rest;
  if (rest.length === 1 && isObject(only)) return { schema: only, isNullable: rest.length < of.length };
  return { schema: {}, isNullable: rest.length < of.length };
}

/** What the fields show for a value: the text that `toArguments` reads back. */
function toText(field: Field, value: unknown): string | undefined {
  if (value === undefined || (value === null && field.kind !== "json")) return undefined;
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  if (field.kind === "choice") return JSON.stringify(value);
  if (field.kind === "lines") return Array.isArray(value) ? value.map(String).join("\n") : undefined;
  return typeof value === "string" ? value : String(value);
}

/** What stands in the fields at first: the defaults. */
export function initial(fields: readonly Field[], given: Json = {}): Values {
  return Object.fromEntries(
    fields.map((field) => {
      const value = Object.hasOwn(given, field.name) ? given[field.name] : field.fallback;
      const first = field.kind === "boolean" && field.isRequired && !field.isNullable ? false : undefined;
      return [field.name, toText(field, value ?? first)];
    }),
  );
}

interface Parsed {
  arguments: Json;
  /** By field: why its text is none of its values. */
  errors: Record<string, string>;
}

/** The arguments that the fields stand for. An argument may have any name, so nothing is assigned by it. */
export function toArguments(fields: readonly Field[], values: Values): Parsed {
  const given: [string, unknown][] = [];
  const errors: [string, string][] = [];
  for (const field of fields) {
    const read = readField(field, Object.hasOwn(values, field.name) ? values[field.name] : undefined);
    if (read.error) errors.push([field.name, read.error]);
    else if ("value" in read) given.push([field.name, read.value]);
  }
  return { arguments: Object.fromEntries(given), errors: Object.fromEntries(errors) };
}

interface Read {
  /** Absent when the argument is left out. */
  value?: unknown;
  error?: string;
}

/** One field. An empty text is a text where something else would be taken instead; elsewhere it means that nothing is given. */
function readField(field: Field, text: string | undefined): Read {
  const isText = field.kind === "text" || field.kind === "long";
  const isEmpty = text === undefined || (isText ? text === "" : text.trim() === "");
  if (!isEmpty) return valueOf(field, text);
  if (!field.isRequired) return isText && text === "" && typeof field.fallback === "string" ? { value: "" } : {};
  if (field.isNullable) return { value: null };
  if (isText) return { value: "" };
  return field.kind === "lines" ? { value: [] } : { error: "This is needed." };
}

function valueOf(field: Field, text: string): Read {
  switch (field.kind) {
    case "text":
    case "long":
      return { value: text };
    case "boolean":
      return { value: text === "true" };
    case "integer":
    case "number":
      return numberOf(field.kind, text);
    case "lines": {
      const lines = text.split("\n").filter((line, index, all) => line !== "" || index < all.length - 1);
      if (field.entries === "text") return { value: lines };
      const entries = field.entries;
      const numbers = lines.filter((line) => line.trim() !== "").map((line) => numberOf(entries, line));
      const wrong = numbers.find(({ error }) => error);
      return wrong ? { error: `Each line: ${wrong.error?.toLowerCase()}` } : { value: numbers.map(({ value }) => value) };
    }
    default:
      return jsonOf(text);
  }
}

function numberOf(kind: "integer" | "number", text: string): Read {
  const value = Number(text.trim());
  if (text.trim() === "" || !Number.isFinite(value)) return { error: "A number." };
  if (kind === "integer" && !Number.isSafeInteger(value)) return { error: "A whole number." };
  return { value };
}

/** A text as JSON; why not, if it is none. */
export function jsonOf(text: string): Read {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: `This is no JSON: ${error instanceof Error ? error.message : "it cannot be read"}.` };
  }
}
