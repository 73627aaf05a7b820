import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "@/app/root";

export const welcomeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/welcome",
  staticData: { title: "Welcome" },
  component: lazyRouteComponent(() => import("./WelcomePage"), "WelcomePage"),
});
