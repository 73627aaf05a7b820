import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { House } from "lucide-react";
import { shellRoute } from "@/app/root";

export const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  staticData: { title: "Home", nav: { label: "Home", icon: House, order: 10, key: "h", keywords: ["dashboard", "status"] } },
  component: lazyRouteComponent(() => import("./DashboardPage"), "DashboardPage"),
});
