import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { shellRoute } from "@/app/root";

export const peopleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/users",
  staticData: { title: "Users", nav: { label: "Users", icon: Users, order: 70, key: "u", keywords: ["people", "accounts", "roles", "admins", "invite", "openid"], least: "admin" }, tab: { label: "Users", order: 10 } },
  component: lazyRouteComponent(() => import("./PeoplePage"), "PeoplePage"),
});

export const openIdRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/users/openid",
  staticData: { title: "OpenID", tab: { label: "OpenID", order: 20 } },
  component: lazyRouteComponent(() => import("./OpenIdPage"), "OpenIdPage"),
});
