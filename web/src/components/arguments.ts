/** A parameter of a tool as a field of a form. */
export interface ArgumentField {
  name: string;
  kind: "text" | "number" | "switch" | "choice" | "json";
  isRequired: boolean;
  /** From the schema: given by an LLM. */
  description: string;
  /** What it starts with, as typed. */
  initial: string;
  choices: string[];
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields for the arguments that a JSON Schema describes; what has no field of its own is written as JSON. */
export function argumentFields(schema: unknown): ArgumentField[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(schema.properties).map(([name, property]) => {
    const described = isObject(property) ? property : {};
    const kind = kindOf(described);
    const start = described.default;
    return {
      name,
      kind,
      isRequired: required.has(name),
      description: typeof described.description === "string" ? described.description : "",
      initial: start === undefined || start === null ? "" : kind === "json" || typeof start !== "string" ? JSON.stringify(start) : start,
      choices: Array.isArray(described.enum) ? described.enum.map(String) : [],
    };
  });
}

function kindOf(property: Json): ArgumentField["kind"] {
  const parts = Array.isArray(property.anyOf) ? property.anyOf.filter((part) => !(isObject(part) && part.type === "null")) : [];
  if (parts.length === 1 && isObject(parts[0])) return kindOf(parts[0]);
  if (Array.isArray(property.enum) && property.enum.every((choice) => typeof choice === "string")) return "choice";
  const types = Array.isArray(property.type) ? property.type.filter((type) => type !== "null") : [property.type];
  if (types.length !== 1) return "json";
  return ({ string: "text", integer: "number", number: "number", boolean: "switch" } as const)[String(types[0]) as "string"] ?? "json";
}

/** The arguments as typed, or what is wrong with which field. What is left empty and not required is left out. */
export function argumentsOf(fields: readonly ArgumentField[], typed: Readonly<Record<string, string>>): { values: Json; errors: Record<string, string> } {
  const values: Json = {};
  const errors: Record<string, string> = {};
  for (const { name, kind, isRequired, initial } of fields) {
    const text = typed[name] ?? initial;
    if (kind === "switch") {
      if (text !== "" || isRequired) put(values, name, text === "true");
    } else if (text === "" && (!isRequired || kind !== "text")) {
      if (isRequired) errors[name] = "It is required";
    } else if (kind === "number") {
      if (Number.isFinite(Number(text)) && text.trim() !== "") put(values, name, Number(text));
      else errors[name] = "It must be a number";
    } else if (kind === "json") {
      try {
        put(values, name, JSON.parse(text));
      } catch {
        errors[name] = "It must be JSON: texts in double quotes, lists in [ ]";
      }
    } else {
      put(values, name, text);
    }
  }
  return { values, errors };
}

/** As an own property, also for a parameter that is called `__proto__`. */
const put = (values: Json, name: string, value: unknown) => Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
