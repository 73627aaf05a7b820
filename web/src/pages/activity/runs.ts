import type { LogQuery } from "@/api/log";
import type { Schema } from "@/api/client";
import { RANGES, type Span } from "@/components/chart/buckets";
import type { CallFilter } from "@/components/chart/useSeries";
import type { ActivitySearch } from "./route";

export type Run = Schema["CallRecord"];
export type RunQuery = LogQuery<"/api/calls">;

/** The filters as the API takes them, without the time. */
export const filterOf = ({ server, tool, outcome, kind, by, human, text }: ActivitySearch): CallFilter => ({
  server,
  tool,
  actor: by,
  human,
  text,
  failed: outcome && outcome === "failed",
  profile: kind && (kind === "calls" ? "live" : "quarantine"),
});

/** When the list begins. To the minute, so that a page that is opened again finds its answers in the cache. */
export function sinceOf({ range = "24h", from }: ActivitySearch, now: Date): string | undefined {
  if (from) return from;
  if (range === "all") return undefined;
  const { bucketMs, buckets } = RANGES[range];
  return new Date(Math.floor(now.getTime() / 60_000) * 60_000 - bucketMs * buckets).toISOString();
}

/** What was marked in the chart. */
export const spanOf = ({ from, until }: ActivitySearch): Span | undefined => (from && until && from < until ? { from: Date.parse(from), to: Date.parse(until) } : undefined);
