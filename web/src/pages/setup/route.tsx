import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import { rootRoute } from "@/app/root";

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  staticData: { title: "Set up" },
  beforeLoad: async ({ context }) => {
    const { needed } = await context.queryClient.fetchQuery({ ...api.queryOptions("get", "/api/setup"), staleTime: 0 });
    if (needed) return { isNew: true };
    try {
      await context.queryClient.ensureQueryData(api.queryOptions("get", "/api/session"));
      return { isNew: false };
    } catch (error) {
      if (error instanceof Problem && error.status === 401) throw redirect({ to: "/login", search: { next: "/setup" } });
      throw error;
    }
  },
  component: lazyRouteComponent(() => import("./SetupRoute"), "SetupRoute"),
});
