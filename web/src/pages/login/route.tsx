import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { api } from "@/api/client";
import { rootRoute } from "@/app/root";

export const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  staticData: { title: "Log in" },
  validateSearch: ({ next, failed }: Record<string, unknown>): { next?: string; failed?: string } => ({ next: isOwnPath(next) ? next : undefined, failed: typeof failed === "string" ? failed : undefined }),
  beforeLoad: async ({ context }) => {
    const { needed } = await context.queryClient.fetchQuery({ ...api.queryOptions("get", "/api/setup"), staleTime: 0 });
    if (needed) throw redirect({ to: "/setup" });
  },
  component: lazyRouteComponent(() => import("./LoginPage"), "LoginPage"),
});

/** Only paths of this page: a link must not lead a fresh login elsewhere. */
const isOwnPath = (next: unknown): next is string => typeof next === "string" && /^\/(?![/\\])/.test(next);
