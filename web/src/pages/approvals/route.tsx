import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { shellRoute } from "@/app/root";

export interface ApprovalsSearch {
  state?: "approved" | "rejected" | "revoked" | "superseded";
  page?: number;
}

const DECIDED = new Set<unknown>(["approved", "rejected", "revoked", "superseded"]);

export const approvalsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/approvals",
  staticData: { title: "Approvals", nav: { label: "Approvals", icon: ShieldCheck, order: 20, key: "a", keywords: ["reviews", "approve"] } },
  validateSearch: ({ state, page }: Record<string, unknown>): ApprovalsSearch => ({
    state: DECIDED.has(state) ? (state as ApprovalsSearch["state"]) : undefined,
    page: Number.isInteger(page) && Number(page) > 1 ? Number(page) : undefined,
  }),
  component: lazyRouteComponent(() => import("./ApprovalsPage"), "ApprovalsPage"),
});
