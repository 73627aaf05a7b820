import type { QueryClient } from "@tanstack/react-query";
import type { Schema } from "./client";
import { client } from "./client";
import { getStatus, setStatus } from "./status";

type LiveEvent = Schema["LiveEvent"];
type Kind = LiveEvent["type"];

/** Which answers an event makes old: every path that begins so. A new kind of event does not compile until it stands here. */
const MAKES_OLD: Record<Kind, readonly string[]> = {
  tool_list_changed: ["/api/tools", "/api/servers"],
  server_changed: ["/api/servers", "/api/tools", "/api/secrets", "/api/audit"],
  tool_changed: ["/api/tools", "/api/servers", "/api/reviews", "/api/packages", "/api/audit"],
  review_changed: ["/api/reviews", "/api/tools", "/api/audit", "/api/policy"],
  grants_changed: ["/api/grants", "/api/servers", "/api/tools", "/api/secrets", "/api/modules", "/api/packages", "/api/reviews", "/api/audit"],
  call_finished: ["/api/calls", "/api/sandbox", "/api/secrets", "/api/reviews/{id}/first-runs"],
  settings_changed: ["/api/settings", "/api/backups", "/api/audit", "/api/policy", "/api/oidc"],
  notifications_changed: ["/api/notifications", "/api/audit"],
  cloudflare_changed: ["/api/cloudflare", "/api/settings", "/api/audit"],
  client_seen: ["/api/connection"],
  sessions_changed: ["/api/session", "/api/account", "/api/users", "/api/audit"],
  access_changed: ["/api/oauth", "/api/tokens", "/api/audit"],
};

/** Events that come together are answered together. */
const GATHER_MS = 150;
/** A busy server finishes hundreds of runs a second: lists of runs are read again this often at most. */
const BUSY_MS = 5_000;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** Keeps the query cache true to the server until the returned function is called. */
export function followServer(queries: QueryClient): () => void {
  let source: EventSource | undefined;
  let failures = 0;
  let hasBeenLive = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const old = gatherer((prefixes) => {
    void queries.invalidateQueries({ predicate: ({ queryKey, meta }) => !meta?.isFinal && prefixes.some((prefix) => String(queryKey[1]).startsWith(prefix)) });
  });

  const connect = () => {
    clearTimeout(retry);
    source?.close();
    source = new EventSource("/api/events");
    source.onopen = () => {
      failures = 0;
      setStatus({ stream: "live" });
      // What happened while nobody listened is not told again: read anew what is on screen, and the rest when it is shown.
      if (hasBeenLive) void queries.invalidateQueries();
      hasBeenLive = true;
    };
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as LiveEvent;
      old.add(MAKES_OLD[event.type] ?? [], event.type === "call_finished" ? BUSY_MS : GATHER_MS);
    };
    source.addEventListener("missed", () => void queries.invalidateQueries());
    source.onerror = () => {
      source?.close();
      failures += 1;
      if (failures > 1) setStatus({ stream: "lost" });
      void sessionIsThere().then((there) => {
        if (there) retry = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]);
      });
    };
  };
  const reconnectNow = () => {
    if (getStatus().stream !== "live") connect();
  };
  connect();
  window.addEventListener("online", reconnectNow);
  // A network that goes away does not end the stream, it only falls silent; but a box on this machine is still there. Try.
  window.addEventListener("offline", connect);
  return () => {
    clearTimeout(retry);
    old.stop();
    source?.close();
    window.removeEventListener("online", reconnectNow);
    window.removeEventListener("offline", connect);
    setStatus({ stream: "connecting" });
  };
}

/** A stream also ends with its session: then the dialog asks for the password, and connects when it is given. */
async function sessionIsThere(): Promise<boolean> {
  try {
    await client.GET("/api/session");
    return true;
  } catch (error) {
    const ended = error instanceof Error && "status" in error && error.status === 401;
    if (ended) setStatus({ sessionEnded: true });
    return !ended;
  }
}

/** Gathers prefixes; hands each over at once when it was quiet, and at most once in its pause when it is not. */
export function gatherer(flush: (prefixes: string[]) => void) {
  const last = new Map<string, number>();
  const due = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const schedule = () => {
    clearTimeout(timer);
    if (due.size === 0) return;
    timer = setTimeout(run, Math.max(0, Math.min(...due.values()) - Date.now()));
  };
  const run = () => {
    const now = Date.now();
    const ready = [...due].filter(([, at]) => at <= now).map(([prefix]) => prefix);
    for (const prefix of ready) {
      due.delete(prefix);
      last.set(prefix, now);
    }
    if (ready.length > 0) flush(ready);
    schedule();
  };
  return {
    add: (prefixes: readonly string[], pauseMs: number) => {
      const now = Date.now();
      for (const prefix of prefixes) {
        const at = Math.max(now + GATHER_MS, (last.get(prefix) ?? 0) + pauseMs);
        due.set(prefix, Math.min(due.get(prefix) ?? Number.POSITIVE_INFINITY, at));
      }
      schedule();
    },
    stop: () => clearTimeout(timer),
  };
}
