import type { Schema } from "@/api/client";

/** A scope of a token, as the API of tokens has it. */
export type Scope = Schema["Scope"];

/** What is ticked in the dialog. */
export interface Rights {
  tools: boolean;
  author: boolean;
  /** Only these; none means all. */
  servers: readonly string[];
}

const SERVER = "server:";

/** As OAuth spells it: `mcp:tools`, `mcp:author` or `server:NAME`. */
export const spelled = (scope: Scope): string => (typeof scope === "object" ? `${SERVER}${scope.server}` : `mcp:${scope}`);

/** What scopes, as OAuth spells them, allow, in a sentence a human decides by. */
export function rightsOf(scopes: readonly string[]): string {
  const names = scopes.filter((scope) => scope.startsWith(SERVER)).map((scope) => scope.slice(SERVER.length));
  const [tools, author] = [scopes.includes("mcp:tools"), scopes.includes("mcp:author")];
  const calls = tools ? "call all tools" : names.length > 0 ? `call tools of ${names.join(", ")}` : undefined;
  const where = tools || names.length === 0 ? "" : ` on ${names.join(", ")}`;
  const writes = author ? `write tools${where}` : undefined;
  return [calls, writes].filter(Boolean).join("; ") || "nothing";
}

/** The scopes that mean these rights. */
export function scopesOf({ tools, author, servers }: Rights): Scope[] {
  const named: Scope[] = servers.map((server) => ({ server }));
  const calls: Scope[] = named.length > 0 ? named : tools ? ["tools"] : [];
  return author ? [...calls, "author"] : calls;
}
