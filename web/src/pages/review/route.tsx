import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "@/app/root";

export type View = "live" | "read" | "whole";

export interface ReviewSearch {
  /** How the code is shown; what fits best when it is not told. */
  view?: View;
}

const VIEWS = new Set<unknown>(["live", "read", "whole"]);

export const reviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/approvals/$id",
  staticData: { title: "Review" },
  validateSearch: ({ view }: Record<string, unknown>): ReviewSearch => ({ view: VIEWS.has(view) ? (view as View) : undefined }),
  component: lazyRouteComponent(() => import("./ReviewPage"), "ReviewPage"),
});
