import type { Schema } from "@/api/client";
import { type Capability, type CapabilityKind, capabilityKey, capabilityName, KINDS } from "@/components/capability";

export type Grant = Schema["GrantItem"];

/** Why a tool may use a capability, or does not. */
export interface Cell {
  state: "granted" | "server" | "everywhere" | "pending" | "expired" | "none";
  /** The grant that says so; absent for `none`. */
  grant?: Grant;
}

export interface Line {
  key: string;
  capability: Capability;
  /** The cell of all tools of the server. */
  all: Cell;
  /** The cells of the tools, in their order. */
  tools: Cell[];
}

export interface Group {
  kind: CapabilityKind;
  title: string;
  lines: Line[];
}

/** Who of a server may do what: a line for each capability that anybody of it has or asks for. */
export function matrix(grants: readonly Grant[], serverId: string, toolIds: readonly string[]): Group[] {
  const known = new Map<string, Grant[]>();
  const shown = new Set<Grant["state"]>(["approved", "pending", "expired"]);
  for (const grant of grants) {
    const { scope, state } = grant;
    const isHere = scope.level === "everywhere" || scope.id === serverId || toolIds.includes(scope.id);
    if (!isHere || !shown.has(state)) continue;
    const key = capabilityKey(grant.capability);
    known.set(key, [...(known.get(key) ?? []), grant]);
  }
  const lines = [...known].map(([key, of]): Line | undefined => {
    const [first] = of;
    if (!first) return undefined;
    const find = (state: Grant["state"], level: string, id?: string) => of.find((grant) => grant.state === state && grant.scope.level === level && (grant.scope.level === "everywhere" || grant.scope.id === id));
    const everywhere = find("approved", "everywhere");
    const server = find("approved", "server", serverId);
    const waits = find("pending", "everywhere") ?? find("pending", "server", serverId);
    const over = find("expired", "server", serverId);
    const all = ((): Cell => {
      if (server) return { state: "granted", grant: server };
      if (everywhere) return { state: "everywhere", grant: everywhere };
      if (waits) return { state: "pending", grant: waits };
      return over ? { state: "expired", grant: over } : { state: "none" };
    })();
    const tools = toolIds.map((id): Cell => {
      const own = find("approved", "tool", id);
      if (own) return { state: "granted", grant: own };
      if (server) return { state: "server", grant: server };
      if (everywhere) return { state: "everywhere", grant: everywhere };
      const asked = find("pending", "tool", id);
      if (asked) return { state: "pending", grant: asked };
      const over = find("expired", "tool", id);
      return over ? { state: "expired", grant: over } : { state: "none" };
    });
    return { key, capability: first.capability, all, tools };
  });
  return KINDS.map(({ kind, title }) => ({
    kind,
    title,
    lines: lines
      .filter((line): line is Line => line?.capability.kind === kind)
      .sort((a, b) => capabilityName(a.capability).localeCompare(capabilityName(b.capability))),
  })).filter((group) => group.lines.length > 0);
}

/** The scope of a cell, as the API takes it. */
export type Target = { level: "tool" | "server"; id: string; name: string };

/** A capability as one asks for it. */
export function asRequest(capability: Capability): Schema["CapabilityRequest"] {
  if (capability.kind !== "package") return capability;
  return { kind: "package", name: `${capability.name}${capability.version ?? ""}`, network: capability.network };
}

/** What somebody typed, as the API takes it; undefined while it cannot be one. */
export function parseCapability(kind: Exclude<CapabilityKind, "source">, text: string, method: string): Schema["CapabilityRequest"] | undefined {
  const name = text.trim();
  if (!name || /\s/.test(name)) return undefined;
  if (kind === "module" || kind === "package") return { kind, name };
  if (kind === "secret") return { kind, key: name };
  const found = /^(?:https?:\/\/)?(\[[0-9a-f:.]+\]|[^:/]+|[0-9a-f:]+:[0-9a-f:.]+)(?::(\d{1,5}))?\/?$/i.exec(name);
  if (!found?.[1]) return undefined;
  const port = found[2] ? Number(found[2]) : undefined;
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { kind, host: found[1].replace(/^\[|\]$/g, ""), port, method: method || undefined };
}
