import { useNavigate } from "@tanstack/react-router";
import { api } from "@/api/client";

const AT_MOST = 100;

export interface Neighbours {
  /** To the next open review, or to the list when there is none. */
  go: () => void;
  back: () => void;
  /** The next is of the same tool: it took the place of this one. */
  isSameTool: boolean;
  /** Open reviews besides this one. */
  left: number;
}

/** The open reviews around this one, worst first as in the list. */
export function useNeighbours(id: string, tool: string): Neighbours {
  const navigate = useNavigate();
  const { data } = api.useQuery("get", "/api/reviews", { params: { query: { state: "open", page_size: AT_MOST } } });
  const items = data?.items ?? [];
  const at = items.findIndex((item) => item.id === id);
  const same = items.find((item) => item.tool === tool && item.id !== id);
  const open = (target: string | undefined) => void (target ? navigate({ to: "/approvals/$id", params: { id: target } }) : navigate({ to: "/approvals" }));
  return {
    go: () => open(same?.id ?? items[at + 1]?.id ?? items.find((item) => item.id !== id)?.id),
    back: () => open(items[at - 1]?.id),
    isSameTool: same !== undefined,
    left: (data?.total ?? 0) - (at < 0 ? 0 : 1),
  };
}
