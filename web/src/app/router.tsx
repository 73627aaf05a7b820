import { createRoute, createRouter } from "@tanstack/react-router";
import { queryClient } from "@/api/client";
import { PageSkeleton } from "@/components/PageSkeleton";
import { NotFound } from "@/shell/NotFound";
import { RouteError } from "@/shell/RouteError";
import { rootRoute, shellRoute } from "./root";
import { pages, publicPages } from "./routes";

const notFoundRoute = createRoute({ getParentRoute: () => shellRoute, path: "$", staticData: { title: "Not found" }, component: NotFound });
const routeTree = rootRoute.addChildren([shellRoute.addChildren([...pages, notFoundRoute]), ...publicPages]);

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0, // the query cache knows what is fresh
  defaultPendingComponent: PageSkeleton,
  defaultPendingMs: 120,
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
