import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { RANGES, type Range } from "@/components/chart/buckets";

/** The waiting reviews that are shown here; as the navigation asks, so that it is one request. */
export const OPEN_REVIEWS = { params: { query: { state: "open", page_size: 5 } } } as const;

/** `hour`, `24 hours`, as in `the last 24 hours`. */
export const lastWords = (range: Range): string => (range === "1h" ? "hour" : RANGES[range].label);

/** How far back this page looks; stands in the address. */
export const useRange = (): Range => useSearch({ from: "/shell/" }).range ?? "24h";

/** Start of the range to the minute, so that a page that is opened again finds its answers in the cache. */
export function useSince(range: Range): string {
  const { bucketMs, buckets } = RANGES[range];
  return useMemo(() => new Date(Math.floor(Date.now() / 60_000) * 60_000 - bucketMs * buckets).toISOString(), [bucketMs, buckets]);
}

/** The newest failed runs of the range. */
export function useFailedRuns(since: string) {
  return api.useSuspenseQuery("get", "/api/calls", { params: { query: { failed: true, profile: "live", since, page_size: 100 } } });
}
