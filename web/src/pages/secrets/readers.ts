import type { Schema } from "@/api/client";

type Grant = Schema["Grant"];
type Secret = Schema["ServerSecret"];
type Tool = Pick<Schema["ToolSummary"], "id" | "name" | "server_id">;

/** A secret as the page shows it. */
export interface SecretRow extends Pick<Secret, "server" | "key" | "description" | "has_value" | "hosts" | "mode" | "value_set_at" | "last_used_at"> {
  /** Absent while nothing but a grant names it. */
  id?: string;
  /** Tools that may use it, by their published names; all tools of its server as `weather__*`. */
  readers: string[];
}

const serverOf = (name: string): string => name.slice(0, name.indexOf("__"));

/** The secrets with those who may use them, and those that tools were granted but nobody made yet; what wants a value is first. */
export function secretRows(secrets: readonly Secret[], grants: readonly Grant[], tools: readonly Tool[]): SecretRow[] {
  const readers = new Map<string, Set<string>>();
  const toolNames = new Map(tools.map(({ id, name }) => [id, name]));
  const serverNames = new Map(tools.map(({ server_id, name }) => [server_id, serverOf(name)]));
  const everywhere: string[] = [];
  for (const { capability, scope, state } of grants) {
    if (state !== "approved" || capability.kind !== "secret") continue;
    if (scope.level === "everywhere") everywhere.push(capability.key);
    const reader = scope.level === "tool" ? toolNames.get(scope.id) : scope.level === "server" ? serverNames.get(scope.id) && `${serverNames.get(scope.id)}__*` : undefined;
    if (!reader) continue;
    const at = `${serverOf(reader)} ${capability.key}`;
    readers.set(at, (readers.get(at) ?? new Set()).add(reader));
  }
  const rows: SecretRow[] = secrets.map((secret) => {
    const at = `${secret.server} ${secret.key}`;
    const own = [...(readers.get(at) ?? [])];
    readers.delete(at);
    return { ...secret, readers: everywhere.includes(secret.key) ? [...own, "every tool"] : own };
  });
  for (const [at, names] of readers) {
    const [server = "", key = ""] = at.split(" ");
    rows.push({ key, server, description: "", has_value: false, hosts: [], mode: "sealed", readers: [...names] });
  }
  return rows.sort((a, b) => Number(a.has_value) - Number(b.has_value) || a.server.localeCompare(b.server) || a.key.localeCompare(b.key));
}
