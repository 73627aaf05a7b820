import { useSyncExternalStore } from "react";

/** How this page stands to the server. */
export interface Status {
  /** `lost` counts from the second failure on: a blink is not worth a bar. */
  readonly stream: "connecting" | "live" | "lost";
  /** The session has ended under this page. */
  readonly sessionEnded: boolean;
}

let status: Status = { stream: "connecting", sessionEnded: false };
const listeners = new Set<() => void>();

export function setStatus(change: Partial<Status>): void {
  const next = { ...status, ...change };
  if (next.stream === status.stream && next.sessionEnded === status.sessionEnded) return;
  status = next;
  for (const listener of listeners) listener();
}

export const getStatus = (): Status => status;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useStatus = (): Status => useSyncExternalStore(subscribe, getStatus);

/** Why nothing can be decided now, or undefined. Buttons that write are disabled with it as their reason. */
export function useWhyReadOnly(): string | undefined {
  const { stream, sessionEnded } = useStatus();
  if (sessionEnded) return "Your session has ended. Log in again to go on.";
  if (stream === "lost") return "MCPbox cannot be reached, so nothing can be changed now.";
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
