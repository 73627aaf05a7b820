import { useSyncExternalStore } from "react";

/** How this page stands to the server. */
export interface Status {
  /** `lost` counts from the second failure on: a blink is not worth a bar. */
  readonly stream: "connecting" | "live" | "lost";
  /** The session has ended under this page. */
  readonly sessionEnded: boolean;
  /** What whoever is logged in may do. The server decides; this only spares people buttons that would be refused. */
  readonly role: Role;
}

export type Role = "viewer" | "reviewer" | "admin";
const RANK: Record<Role, number> = { viewer: 0, reviewer: 1, admin: 2 };

let status: Status = { stream: "connecting", sessionEnded: false, role: "admin" };
const listeners = new Set<() => void>();

export function setStatus(change: Partial<Status>): void {
  const next = { ...status, ...change };
  if (next.stream === status.stream && next.sessionEnded === status.sessionEnded && next.role === status.role) return;
  status = next;
  for (const listener of listeners) listener();
}

export const getStatus = (): Status => status;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useStatus = (): Status => useSyncExternalStore(subscribe, getStatus);

/** Whether whoever is logged in may do what takes this role. */
export const useMay = (least: Role): boolean => RANK[useStatus().role] >= RANK[least];

/** Why this cannot be done now, or undefined. Buttons that write are disabled with it as their reason. */
export function useWhyReadOnly(least: Role = "reviewer"): string | undefined {
  const { stream, sessionEnded, role } = useStatus();
  const isAllowed = useMay(least);
  if (sessionEnded) return "Your session has ended. Log in again to go on.";
  if (stream === "lost") return "MCPbox cannot be reached, so nothing can be changed now.";
  if (!isAllowed) return `This takes the role ${least}; you are a ${role}.`;
  return undefined;
}

/** Waits until somebody logged in again. */
export function sessionBack(): Promise<void> {
  return new Promise((resolve) => {
    const stop = subscribe(() => {
      if (status.sessionEnded) return;
      stop();
      resolve();
    });
  });
}
