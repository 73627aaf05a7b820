import { type InfiniteData, keepPreviousData, type QueryKey, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { client } from "./client";
import type { paths } from "./schema";

/** Lists that only grow at their newest end. They are read backwards, from cursor to cursor. */
type Log = "/api/calls" | "/api/audit";
type Page<Path extends Log> = paths[Path]["get"]["responses"][200]["content"]["application/json"];
export type LogQuery<Path extends Log> = Omit<NonNullable<paths[Path]["get"]["parameters"]["query"]>, "cursor">;

interface Read<Path extends Log> {
  /** The rows that are loaded, newest first; undefined until the first are there. */
  rows: Page<Path>["items"] | undefined;
  /** Loads older ones; absent when there are none, or while it does. */
  more: (() => void) | undefined;
  isBusy: boolean;
  /** Forgets all but the newest and reads those anew. */
  restart: () => void;
}

/** The newest rows of a log, and older ones when they are asked for. While it stands still, live events do not make it old. */
export function useLog<Path extends Log>(path: Path, query: LogQuery<Path>, isStill = false): Read<Path> {
  const queries = useQueryClient();
  // As the other queries are named, so that `MAKES_OLD` finds it.
  const name = JSON.stringify(query);
  const queryKey: QueryKey = useMemo(() => ["get", path, { log: name }], [path, name]);
  const read = async (cursor: string | undefined) => {
    const { data } = await client.GET(path as "/api/calls", { params: { query: { ...query, cursor } } });
    return data as unknown as Page<Path>;
  };
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    meta: { isFinal: isStill },
  });
  if (error) throw error;
  const rows = useMemo(() => data && (data.pages.flatMap(({ items }) => items as unknown[]) as Page<Path>["items"]), [data]);
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const restart = useCallback(() => {
    queries.setQueryData<InfiniteData<Page<Path>>>(queryKey, (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) });
    void queries.invalidateQueries({ queryKey });
  }, [queries, queryKey]);
  return { rows, more: hasNextPage && !isFetchingNextPage ? more : undefined, isBusy: isFetchingNextPage, restart };
}
