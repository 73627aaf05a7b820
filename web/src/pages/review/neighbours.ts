import { useNavigate } from "@tanstack/react-router";
import { api } from "@/api/client";

const AT_MOST = 100;

export interface Neighbours {
  /** To the next open review, or to the list when there is none. */
  go: () => void;
  back: () => void;
  /** Open reviews besides this one. */
  left: number;
}

/** The open reviews around this one, worst first as in the list. */
export function useNeighbours(id: string): Neighbours {
  const navigate = useNavigate();
  const { data } = api.useQuery("get", "/api/reviews", { params: { query: { state: "open", page_size: AT_MOST } } });
  const items = data?.items ?? [];
  const at = items.findIndex((item) => item.id === id);
  const open = (target: string | undefined) => void (target ? navigate({ to: "/approvals/$id", params: { id: target } }) : navigate({ to: "/approvals" }));
  return {
    go: () => open(items[at + 1]?.id ?? items.find((item) => item.id !== id)?.id),
    back: () => open(items[at - 1]?.id),
    left: (data?.total ?? 0) - (at < 0 ? 0 : 1),
  };
}
