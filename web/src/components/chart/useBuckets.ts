import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, client, type Schema } from "@/api/client";
import type { paths } from "@/api/schema";
import { useNow } from "@/components/time";
import { type Bucket, boundaries, bucketsOf, countsSince, type Range } from "./buckets";

type Query = NonNullable<paths["/api/calls/counts"]["get"]["parameters"]["query"]>;
/** Which runs are meant. */
export type CallFilter = Pick<Query, "server" | "tool" | "profile" | "failed" | "actor">;

const NONE: Schema["CallCounts"] = { total: 0, failed: 0 };

/** Runs over time. What is over is read once; the last step follows the server. Undefined until it is known. */
export function useBuckets(range: Range, filter: CallFilter): Bucket[] | undefined {
  const now = useNow().getTime();
  const end = boundaries(range, new Date(now)).at(-1);
  const times = useMemo(() => boundaries(range, new Date((end ?? 0) - 1)), [range, end]);
  const begun = times.slice(0, -1);
  const past = useQuery({
    queryKey: ["chart", filter, begun],
    queryFn: async () => ({ times, since: await countsSince(begun, (since) => counts(filter, since)) }),
    placeholderData: keepPreviousData,
  });
  const since = new Date(begun.at(-1) ?? 0).toISOString();
  const last = api.useQuery("get", "/api/calls/counts", { params: { query: { ...filter, since } } });
  if (past.error) throw past.error;
  const { data } = past;
  const latest = last.data;
  return useMemo(() => data && bucketsOf(data.times, data.since, (data.times === times && latest) || data.since.at(-1) || NONE), [data, latest, times]);
}

async function counts(filter: CallFilter, since: number): Promise<Schema["CallCounts"]> {
  const { data } = await client.GET("/api/calls/counts", { params: { query: { ...filter, since: new Date(since).toISOString() } } });
  return data ?? NONE;
}
