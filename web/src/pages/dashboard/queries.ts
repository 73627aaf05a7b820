import { useMemo } from "react";
import { api } from "@/api/client";

/** The waiting reviews that are shown here; as the navigation asks, so that it is one request. */
export const OPEN_REVIEWS = { params: { query: { state: "open", page_size: 5 } } } as const;

/** Start of the last 24 hours to the minute, so that a page that is opened again finds its answers in the cache. */
export function useDayAgo(): string {
  return useMemo(() => new Date(Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000).toISOString(), []);
}

/** The newest failed runs of the last 24 hours. */
export function useFailedRuns(since: string) {
  return api.useSuspenseQuery("get", "/api/calls", { params: { query: { failed: true, profile: "live", since, page_size: 100 } } });
}
