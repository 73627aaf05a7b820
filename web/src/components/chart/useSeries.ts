import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import type { paths } from "@/api/schema";
import { type Bucket, bucketsOf, type Frame } from "./buckets";

type Query = NonNullable<paths["/api/calls/series"]["get"]["parameters"]["query"]>;
/** Which runs are meant, whenever they were. */
export type CallFilter = Omit<Query, "since" | "until" | "step_ms">;

export interface Series {
  whole: Schema["SeriesFigures"];
  buckets: Bucket[];
}

/** Runs over time, as the server counts them. Undefined until it is known, or without a frame. */
export function useSeries(frame: Frame | undefined, filter: CallFilter): Series | undefined {
  const time = frame && { since: new Date(frame.from).toISOString(), until: new Date(frame.to).toISOString(), step_ms: frame.stepMs };
  const { data, error } = api.useQuery("get", "/api/calls/series", { params: { query: { ...filter, ...time } } }, { enabled: frame !== undefined, placeholderData: keepPreviousData });
  if (error) throw error;
  return useMemo(() => data && { whole: data.whole, buckets: bucketsOf(data) }, [data]);
}
