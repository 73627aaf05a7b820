import { keepPreviousData, useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { useCallback, useMemo, useState } from "react";
import { api, client, type Schema } from "@/api/client";
import type { paths } from "@/api/schema";
import { RANGES } from "@/components/chart/buckets";
import type { CallFilter } from "@/components/chart/useBuckets";
import type { ActivitySearch } from "./route";

export type Run = Schema["CallRecord"];
export type RunQuery = NonNullable<paths["/api/calls"]["get"]["parameters"]["query"]>;
type Page = Schema["Page_CallRecord"];

export const PAGE_SIZE = 100;
/** Pages that one step of looking for a text reads. */
const SCAN_PAGES = 5;

/** A list that is far longer than what is loaded of it. */
export interface Runs {
  /** Rows in all; undefined until it is known. */
  count: number | undefined;
  /** The run in this row, newest first; undefined while it is on its way. */
  at: (row: number) => Run | undefined;
  /** Says which rows are on screen. */
  show: (first: number, last: number) => void;
}

/** The filters as the API takes them, without the time. */
export const filterOf = ({ server, tool, outcome, kind, by }: ActivitySearch): CallFilter => ({
  server,
  tool,
  actor: by,
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

/** Where a run stands, counted from the oldest: new runs do not move it. */
export function byPosition(pages: readonly Page[]): Map<number, Run> {
  const found = new Map<number, Run>();
  for (const { items, total, page, page_size: size } of pages) {
    items.forEach((run, index) => found.set(total - 1 - (page - 1) * size - index, run));
  }
  return found;
}

/** The pages that hold these positions now. */
export function pagesOf(newest: number, oldest: number, total: number): number[] {
  const page = (position: number) => Math.max(1, Math.floor((total - 1 - position) / PAGE_SIZE) + 1);
  const [first, last] = [page(newest), page(Math.max(0, oldest))];
  return Array.from({ length: Math.min(last - first + 1, 4) }, (_, index) => first + index);
}

/**
 * The runs of a query in pages, of which only those on screen are read. `end` leaves out what began then or later;
 * `frozen` keeps rows where they are: it is how many runs there were when the reader stopped following.
 */
export function useRuns(query: RunQuery, end: string | undefined, frozen: number | undefined): Runs & { total: number } {
  const [wanted, setWanted] = useState<readonly [number, number]>([0, 0]);
  const [[newest, oldest]] = useDebouncedValue(wanted, 100);
  const [known, setKnown] = useState(0);
  const later = api.useQuery("get", "/api/calls/counts", { params: { query: { ...query, since: end } } }, { enabled: end !== undefined, placeholderData: keepPreviousData });
  const numbers = [...new Set([1, ...pagesOf(newest, oldest, known)])].filter((page) => page === 1 || newest > 0);
  const answers = useQueries({
    queries: numbers.map((page) => api.queryOptions("get", "/api/calls", { params: { query: { ...query, page, page_size: PAGE_SIZE } } })),
  });
  const failure = answers.find(({ error }) => error)?.error ?? later.error;
  if (failure) throw failure;
  const first = answers[0]?.data;
  const total = first?.total ?? 0;
  if (total !== known) setKnown(total);
  const skipped = end === undefined ? 0 : later.data?.total;
  const isKnown = first !== undefined && skipped !== undefined;
  const count = isKnown ? Math.max(0, Math.min(frozen ?? total, total) - skipped) : undefined;
  const loaded = answers.map(({ data }) => data);
  const found = useMemo(() => byPosition(loaded.filter((page) => page !== undefined)), loaded);
  const at = useCallback((row: number) => found.get((count ?? 0) - 1 - row), [found, count]);
  const show = useCallback(
    (from: number, to: number) => {
      const next = [(count ?? 0) - 1 - from, (count ?? 0) - 1 - to] as const;
      setWanted((old) => (old[0] === next[0] && old[1] === next[1] ? old : next));
    },
    [count],
  );
  return { count, at, show, total };
}

const texts = new WeakMap<Run, string>();

/** Whether a text stands anywhere in a run that people would look for it. */
export function mentions(run: Run, text: string): boolean {
  let all = texts.get(run);
  if (all === undefined) {
    const { server_name, tool_name, actor, arguments: input, result, stdout, failure, observed } = run;
    const hosts = observed.hosts.map(({ host }) => host);
    all = [`${server_name}__${tool_name}`, actor.name, JSON.stringify(input), JSON.stringify(result), stdout, failure?.message, failure?.kind, ...hosts].join("\n").toLowerCase();
    texts.set(run, all);
  }
  return all.includes(text.toLowerCase());
}

/** The runs that mention a text, among the newest: the server cannot search them. */
export function useScan(query: RunQuery, end: string | undefined, text: string | undefined) {
  const live = api.useQuery("get", "/api/calls", { params: { query: { ...query, page: 1, page_size: PAGE_SIZE } } }, { enabled: text !== undefined });
  const scan = useInfiniteQuery({
    queryKey: ["scan", query],
    enabled: text !== undefined,
    initialPageParam: 1,
    queryFn: ({ pageParam }) => readPages(query, pageParam),
    getNextPageParam: ({ next }: Step) => next,
  });
  const error = live.error ?? scan.error;
  if (text !== undefined && error) throw error;
  const rows = useMemo(() => {
    const all = new Map<string, Run>();
    for (const run of [...(live.data?.items ?? []), ...(scan.data?.pages.flatMap(({ runs }) => runs) ?? [])]) all.set(run.id, run);
    return [...all.values()].filter(({ started_at }) => end === undefined || Date.parse(started_at) < Date.parse(end));
  }, [live.data, scan.data, end]);
  const hits = useMemo(() => (text === undefined ? [] : rows.filter((run) => mentions(run, text))), [rows, text]);
  const runs: Runs = { count: scan.data && hits.length, at: (row) => hits[row], show: () => undefined };
  return { runs, looked: rows.length, of: live.data?.total ?? rows.length, more: scan.hasNextPage ? scan.fetchNextPage : undefined, isBusy: scan.isFetching };
}

interface Step {
  runs: Run[];
  next: number | undefined;
}

async function readPages(query: RunQuery, first: number): Promise<Step> {
  const runs: Run[] = [];
  for (let page = first; page < first + SCAN_PAGES; page += 1) {
    const { data } = await client.GET("/api/calls", { params: { query: { ...query, page, page_size: PAGE_SIZE } } });
    runs.push(...(data?.items ?? []));
    if (!data || page >= data.pages) return { runs, next: undefined };
  }
  return { runs, next: first + SCAN_PAGES };
}
