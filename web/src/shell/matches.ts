import type { Command } from "./commands";

/** Every word typed begins a word of the command. */
export function matches({ label, group, keywords = [] }: Command, query: string): boolean {
  const words = [label, group, ...keywords].join(" ").toLowerCase().split(/[\s_/.-]+/);
  return query.toLowerCase().split(/\s+/).filter(Boolean).every((typed) => words.some((word) => word.startsWith(typed)));
}
