import type { Schema } from "@/api/client";

export type Capability = Schema["Capability"];
export type CapabilityKind = Capability["kind"];

export const KINDS: readonly { kind: CapabilityKind; title: string; one: string }[] = [
  { kind: "host", title: "Hosts", one: "host" },
  { kind: "secret", title: "Secrets", one: "secret" },
  { kind: "source", title: "Sources", one: "source" },
  { kind: "module", title: "Modules", one: "module" },
  { kind: "package", title: "Packages", one: "package" },
];

type Host = Schema["HostRule"];

/** `api.example.com:8443`; an IPv6 address stands in brackets when a port follows. */
export const hostAddress = ({ host, port }: Host): string => (port ? `${host.includes(":") ? `[${host}]` : host}:${port}` : host);

/** `api.example.com:8443 (GET)`. */
export const hostRule = (rule: Host): string => `${hostAddress(rule)}${rule.method ? ` (${rule.method})` : ""}`;

type Program = Schema["ProgramRule"];

/** A word as one would type it. */
const typed = (word: string): string => (/^[\w./=:,@%+{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The command with its arguments. */
export const programLine = ({ command, args = [] }: Program): string => [command, ...args].map(typed).join(" ");

/** All that a program gets besides: where it reads and writes, its environment. */
export function programGets({ read = [], write = [], env = {}, private: hasOwn = false, hosts = [] }: Program): { what: string; items: string[] }[] {
  const variable = ([name, value]: [string, NonNullable<Program["env"]>[string]]) => ("secret" in value ? `${name}=(secret ${value.secret})` : `${name}=${typed(value.value)}`);
  const all = [
    { what: "reads", items: read.map(typed) },
    { what: "reads and changes", items: [...write.map(typed), ...(hasOwn ? ["a directory of its own"] : [])] },
    { what: "reaches", items: hosts.map(hostRule) },
    { what: "gets the variables", items: Object.entries(env).map(variable) },
  ];
  return all.filter(({ items }) => items.length > 0);
}

/** A program and all it gets, in a line. */
export const programWords = (program: Program): string => [programLine(program), ...programGets(program).map(({ what, items }) => `${what} ${items.join(", ")}`)].join(", ");

/** A capability by its name alone: `lxml`, `api.example.com:443`. */
export function capabilityName(capability: Capability): string {
  switch (capability.kind) {
    case "host":
      return hostRule(capability);
    case "secret":
      return capability.key;
    case "package":
      return `${capability.name}${capability.version ?? ""}${capability.network ? " with network" : ""}`;
    case "module":
      return capability.name;
    case "source":
      if (capability.program) return `${capability.name}: the program ${programWords(capability.program)}`;
      return `${capability.name} at ${capability.url}${capability.transport === "sse" ? " over HTTP+SSE" : ""}${sourceAuth(capability)}`;
  }
}

function sourceAuth(source: Schema["SourceAuth"]): string {
  if (source.auth === "none") return "";
  return source.auth === "oauth" ? " with a login" : ` with ${source.secret}`;
}

/** What one may do with it: `reach api.example.com`, `import zlib`. */
export function capabilityVerb({ kind }: { kind: CapabilityKind }): string {
  return { host: "reach", secret: "use", module: "import", package: "import the package", source: "call the server" }[kind];
}

/** Equal capabilities have equal keys. */
export const capabilityKey = (capability: Capability): string => `${capability.kind} ${capabilityName(capability)}`;

/** What tells a run that tries it without the grant. */
export const DENIED: Record<CapabilityKind, string> = {
  host: "Requests to it are refused",
  secret: "Reading it fails",
  module: "Importing it fails",
  package: "Importing it fails",
  source: "Its tools fail, and it is not contacted",
};
