import { useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useOpenReviews } from "./Nav";

/** The tab says where one is, and how much waits: `(2) Approvals · MCPbox`. */
export function useTitle(): void {
  const title = useRouterState({ select: (state) => state.matches.at(-1)?.staticData.title });
  const waiting = useOpenReviews();
  useEffect(() => {
    document.title = `${waiting ? `(${waiting}) ` : ""}${title ? `${title} · ` : ""}MCPbox`;
  }, [title, waiting]);
}
