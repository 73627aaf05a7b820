import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Package } from "lucide-react";
import { shellRoute } from "@/app/root";

export const modulesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/modules",
  staticData: { title: "Modules", nav: { label: "Modules", icon: Package, order: 75, key: "m", keywords: ["packages", "imports", "libraries", "dependencies"] } },
  component: lazyRouteComponent(() => import("./ModulesPage"), "ModulesPage"),
});
