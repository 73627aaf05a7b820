import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { shellRoute } from "@/app/root";

export const secretsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/secrets",
  staticData: { title: "Secrets", nav: { label: "Secrets", icon: KeyRound, order: 50, key: "k", keywords: ["keys", "passwords", "credentials", "tokens"] } },
  component: lazyRouteComponent(() => import("./SecretsPage"), "SecretsPage"),
});
