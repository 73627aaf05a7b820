import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { House } from "lucide-react";
import { shellRoute } from "@/app/root";
import { isRange, type Range } from "@/components/chart/buckets";

export const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  staticData: { title: "Home", nav: { label: "Home", icon: House, order: 10, key: "h", keywords: ["dashboard", "status"] } },
  validateSearch: ({ range }: Record<string, unknown>): { range?: Range } => ({ range: isRange(range) && range !== "24h" ? range : undefined }),
  component: lazyRouteComponent(() => import("./DashboardPage"), "DashboardPage"),
});
