import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { shellRoute } from "@/app/root";

export interface ApprovalsSearch {
  state?: "approved" | "rejected" | "superseded";
  page?: number;
}

const DECIDED = new Set<unknown>(["approved", "rejected", "superseded"]);

export const approvalsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/approvals",
  staticData: { title: "Approvals", nav: { label: "Approvals", icon: ShieldCheck, order: 20, key: "a", keywords: ["reviews", "approve"] } },
  validateSearch: ({ state, page }: Record<string, unknown>): ApprovalsSearch => ({
    ...(DECIDED.has(state) ? { state: state as ApprovalsSearch["state"] } : {}),
    ...(Number.isInteger(page) && Number(page) > 1 ? { page: Number(page) } : {}),
  }),
  component: lazyRouteComponent(() => import("./ApprovalsPage"), "ApprovalsPage"),
});
