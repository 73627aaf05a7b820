import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Globe } from "lucide-react";
import { shellRoute } from "@/app/root";

export const remoteRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/remote",
  staticData: { title: "Remote access", nav: { label: "Remote access", icon: Globe, order: 77, key: "r", keywords: ["clients", "tokens", "oauth", "claude.ai", "chatgpt", "connect", "revoke"] } },
  component: lazyRouteComponent(() => import("./RemotePage"), "RemotePage"),
});
