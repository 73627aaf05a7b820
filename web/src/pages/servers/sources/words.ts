import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";
import { capabilityKey } from "@/components/capability";
import type { Grant } from "../grants/matrix";

export type Source = Schema["SourceSummary"];
export type Offered = Schema["DiscoveredTool"];

/** How a source is, in a word, and how grave that is. What may not be reached has no other state. */
export function stateOf(source: Source): { tone: Tone; label: string } {
  switch (source.access) {
    case "approved":
      break;
    case "pending":
      return { tone: "brand", label: "Waits for you" };
    case "rejected":
      return { tone: "bad", label: "Refused" };
    case "expired":
      return { tone: "warn", label: "Time is over" };
    default:
      return { tone: "gray", label: "Not allowed" };
  }
  const login = loginStateOf(source);
  if (login === "ended") return { tone: "bad", label: "Log in again" };
  if (login === "needed") return { tone: "brand", label: "Needs a login" };
  if (source.health === "failing") return { tone: "bad", label: "Does not answer" };
  if (source.quarantined.length > 0) return { tone: "warn", label: "Changed" };
  return source.health === "connected" ? { tone: "ok", label: "Answers" } : { tone: "gray", label: "Not asked yet" };
}

/** The login at a source; none where none is wanted. */
export function loginStateOf(source: Source): Schema["LoginState"] | undefined {
  return source.auth === "oauth" ? (source.login?.state ?? "needed") : undefined;
}

/** Origins without what all of them have. */
export const hostsOf = (origins: readonly string[]): string => origins.map((origin) => origin.replace(/^https:\/\//, "")).join(", ");

/** Who we are there. */
export function authWords(source: Pick<Source, "auth"> & { secret?: string; header?: string }): string {
  if (source.auth === "oauth") return "with a login of yours";
  if (source.auth === "bearer") return `with ${source.secret} as bearer token`;
  return source.auth === "header" ? `with ${source.secret} as ${source.header}` : "without login";
}

/** The request to reach it that waits, among all grants. */
export function waitingGrant(source: Source, serverId: string, grants: readonly Grant[]): Grant | undefined {
  const key = capabilityKey({ kind: "source", ...ruleOf(source) });
  return grants.find(({ state, scope, capability }) => state === "pending" && scope.level === "server" && scope.id === serverId && capabilityKey(capability) === key);
}

/** What is granted: the name with exactly this address and this secret, or this program and all it gets. */
export function ruleOf(source: Source): Schema["SourceRule"] {
  const { name, url, transport } = source;
  if (source.program) return { name, url, transport, auth: "none", program: source.program };
  const place = { name, url, transport };
  if (source.auth === "bearer") return { ...place, auth: "bearer", secret: source.secret };
  if (source.auth === "oauth") return { ...place, auth: "oauth" };
  return source.auth === "header" ? { ...place, auth: "header", header: source.header, secret: source.secret } : { ...place, auth: "none" };
}

/** What went wrong, as a sentence: an address in front stays as it is. */
export function asSentence(text: string): string {
  const said = text.trim().replace(/^[a-z][a-z'’-]*(?=[\s,;]|:\s|$)/, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return said === "" || /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** Why a name cannot be one of a source, or undefined. */
export const whyNoName = (name: string): string | undefined => (name === "" || /^[a-z][a-z0-9_]{0,62}$/.test(name) ? undefined : "Small letters, digits and _; a letter first.");

/** Why an address cannot be one of a source, or undefined. */
export function whyNoAddress(url: string): string | undefined {
  if (url.trim() === "") return undefined;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return "A whole address, such as https://mcp.example.com/mcp.";
  const { hostname, username, password, search } = new URL(url);
  if (username || password || search) return "Without name, password or token in it: those belong in a secret.";
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.") ? "This machine itself is never reached. Use its address on the network." : undefined;
}

/** Those that can be imported: new ones. What changed is asked for by itself. */
export const isChoosable = ({ news }: Offered): boolean => news === "new";
