import type { Schema } from "@/api/client";
import { whyNoName } from "../CreateServer";

export type Operation = Schema["LookOperation"];
export type Look = Schema["Look"];

/** Most operations that are imported at once, as the server says. */
export const CHOSEN_MAX = 200;
/** Largest document, bytes. */
export const DOCUMENT_MAX = 4 * 1024 * 1024;

/** Why a file or a text is not sent at all, or undefined. */
export function whyNoDocument(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > DOCUMENT_MAX) return `It has ${(bytes / 1024 / 1024).toFixed(1)} MiB; at most 4 are read. Remove examples, or split it.`;
  return /^\s*https?:\/\/\S+\s*$/.test(text) ? "This is an address. Nothing is fetched from here: download the document, then paste or choose it." : undefined;
}

/** Whether a tool can be made of it. */
export const isUsable = (operation: Operation) => !operation.refused;

/** The operations in which every word of a filter stands. */
export function matching(operations: readonly Operation[], filter: string): Operation[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter(({ id, method, path, summary, tags }) => {
    const text = [id, method, path, summary, ...tags].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** A choice with one more or one less of it. */
export function toggled(chosen: ReadonlySet<string>, id: string): Set<string> {
  return chosen.has(id) ? new Set([...chosen].filter((other) => other !== id)) : new Set([...chosen, id]);
}

/** A choice with all of these that can be tools, or without them when it has them already; never more than may be. */
export function toggledAll(chosen: ReadonlySet<string>, shown: readonly Operation[]): Set<string> {
  const ids = shown.filter(isUsable).map(({ id }) => id);
  if (ids.every((id) => chosen.has(id))) return new Set([...chosen].filter((id) => !ids.includes(id)));
  return new Set([...new Set([...chosen, ...ids])].slice(0, CHOSEN_MAX));
}

/** A name for the server, from the title of the API; empty when it gives none. */
export function nameOf(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const name = words.filter((word) => !["api", "the", "rest"].includes(word)).join("_").replace(/^[0-9_]+/, "").slice(0, 31).replace(/_+$/, "");
  return whyNoName(name) === undefined ? name : "";
}

/** The first address of the document that can be called; empty when there is none. */
export const addressOf = (look: Look) => look.servers.find((server) => server.is_usable)?.url ?? "";

/** Why tools cannot call an address, or undefined. */
export function whyNoAddress(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol)) return "The whole address, such as https://api.example.com/v1.";
  if (url.username || url.password || url.search || url.hash) return "Without user, query or fragment; keys become secrets.";
  return undefined;
}
