/** What is ticked in the dialog. */
export interface Rights {
  tools: boolean;
  author: boolean;
  /** Only these; none means all. */
  servers: readonly string[];
}

const SERVER = "server:";

/** What scopes allow, in a sentence a human decides by. */
export function rightsOf(scopes: readonly string[]): string {
  const names = scopes.filter((scope) => scope.startsWith(SERVER)).map((scope) => scope.slice(SERVER.length));
  const [tools, author] = [scopes.includes("mcp:tools"), scopes.includes("mcp:author")];
  const calls = tools ? "call all tools" : names.length > 0 ? `call tools of ${names.join(", ")}` : undefined;
  const where = tools || names.length === 0 ? "" : ` on ${names.join(", ")}`;
  const writes = author ? `write tools${where}` : undefined;
  return [calls, writes].filter(Boolean).join("; ") || "nothing";
}

/** The scopes that mean these rights. */
export function scopesOf({ tools, author, servers }: Rights): string[] {
  const named = servers.map((server) => SERVER + server);
  const calls = named.length > 0 ? named : tools ? ["mcp:tools"] : [];
  return author ? [...calls, "mcp:author"] : calls;
}
