import { type ErrorComponentProps, createRootRouteWithContext, createRoute, HeadContent, Outlet, redirect } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import type { LucideIcon } from "lucide-react";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Role } from "@/api/status";
import { RouteError } from "@/shell/RouteError";
import { Shell } from "@/shell/Shell";

/** Where a page stands in the navigation; pages without it are reached from others. */
export interface NavEntry {
  label: string;
  icon: LucideIcon;
  /** Position, small first: 10 home, 20 approvals, 30 servers, 40 activity, 50 secrets, 60 remote, 70 people, 80 settings. */
  order: number;
  /** Second key of the shortcut `g …`. */
  key?: string;
  /** What the palette also finds it by. */
  keywords?: string[];
  /** Who it is for; everybody unless said. */
  least?: Role;
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    nav?: NavEntry;
    title?: string;
    /** A tab beside the pages under the same first word of the address: `/settings/…`. */
    tab?: { label: string; order: number; least?: Role };
  }
}

/** In place of a whole page, where no shell is around it. */
const Failed = (props: ErrorComponentProps) => (
  <main>
    <RouteError {...props} />
  </main>
);

export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: () => (
    <>
      <HeadContent />
      <Outlet />
    </>
  ),
  errorComponent: Failed,
});

/** Around every page that needs a session. Without one it leads to the login, or to the setup of a new box. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    try {
      return { account: await context.queryClient.ensureQueryData(api.queryOptions("get", "/api/session")) };
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
    }
    const { needed } = await context.queryClient.fetchQuery({ ...api.queryOptions("get", "/api/setup"), staleTime: 0 });
    if (needed) throw redirect({ to: "/setup" });
    throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
  },
  component: Shell,
  errorComponent: Failed,
});
