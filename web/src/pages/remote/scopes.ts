import type { Schema } from "@/api/client";

export type Scope = Schema["Scope"];

/** What is ticked in the dialog. */
export interface Rights {
  tools: boolean;
  author: boolean;
  /** Only these; none means all. */
  servers: readonly string[];
}

/** What scopes allow, in a sentence a human decides by. */
export function rightsOf(scopes: readonly Scope[]): string {
  const names = scopes.flatMap((scope) => (typeof scope === "object" ? [scope.server] : []));
  const [tools, author] = [scopes.includes("tools"), scopes.includes("author")];
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
