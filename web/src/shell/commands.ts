import type { LucideIcon } from "lucide-react";
import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something one can do: found in the palette, and by its keys when it has some. */
export interface Command {
  /** Unique; a later command with the same id takes the place of the earlier one. */
  id: string;
  label: string;
  /** Heading in palette and help. */
  group: string;
  /** `a`, `g a` (one after the other), `mod+k` (Ctrl, or ⌘ on a Mac), `?`. */
  keys?: string;
  icon?: LucideIcon;
  keywords?: string[];
  /** Only its keys, no line in the palette. */
  isHidden?: boolean;
  run: () => void;
}

let commands: readonly Command[] = [];
const listeners = new Set<() => void>();

function replace(next: readonly Command[]): void {
  commands = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const getCommands = (): readonly Command[] => commands;
export const useAllCommands = (): readonly Command[] => useSyncExternalStore(subscribe, getCommands);

/** Offers commands while the component is there. They may be new objects on every render. */
export function useCommands(offered: readonly Command[]): void {
  const latest = useRef(offered);
  useEffect(() => {
    latest.current = offered;
  });
  const key = offered.map(({ id, label, keys, group }) => [id, label, keys, group].join("\u0000")).join("\u0001");
  useEffect(() => {
    const mine = latest.current.map((command) => ({
      ...command,
      run: () => latest.current.find(({ id }) => id === command.id)?.run(),
    }));
    const ids = new Set(mine.map(({ id }) => id));
    replace([...commands.filter(({ id }) => !ids.has(id)), ...mine]);
    return () => replace(commands.filter((command) => !mine.includes(command)));
  }, [key]);
}
