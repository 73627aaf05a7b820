import { type QueryKey, useSuspenseQuery } from "@tanstack/react-query";
import { client } from "./client";
import type { paths } from "./schema";

/** Lists that are read whole: those that a page has to join. */
type Listing = "/api/secrets" | "/api/grants" | "/api/tools" | "/api/tokens";
type Item<Path extends Listing> = paths[Path]["get"]["responses"][200]["content"]["application/json"]["items"][number];
type Filter<Path extends Listing> = Omit<NonNullable<paths[Path]["get"]["parameters"]["query"]>, "page" | "page_size">;

const PAGE_SIZE = 100;
/** Nobody has more; it bounds the loop. */
const PAGES_MAX = 50;

/** All rows of a list, page after page. The live events make it old like any other answer. */
export function useAll<Path extends Listing>(path: Path, filter?: Filter<Path>): Item<Path>[] {
  // As the other queries are named, so that `MAKES_OLD` finds it.
  const queryKey: QueryKey = ["get", path, { all: true, ...filter }];
  const read = async () => {
    const rows: Item<Path>[] = [];
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const { data } = await client.GET(path as "/api/grants", { params: { query: { ...filter, page, page_size: PAGE_SIZE } } });
      rows.push(...((data?.items ?? []) as unknown as Item<Path>[]));
      if (!data || page >= data.pages) break;
    }
    return rows;
  };
  return useSuspenseQuery({ queryKey, queryFn: read }).data;
}
