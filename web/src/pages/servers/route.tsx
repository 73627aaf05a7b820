import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Server } from "lucide-react";
import { shellRoute } from "@/app/root";

const listRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/servers",
  validateSearch: ({ login }: Record<string, unknown>): { login?: "astray" } => ({ login: login === "astray" ? login : undefined }),
  staticData: { title: "Servers", nav: { label: "Servers", icon: Server, order: 30, key: "s", keywords: ["tools", "groups"] } },
  component: lazyRouteComponent(() => import("./ServersPage"), "ServersPage"),
});

/** No server has a name with a dash, so this address is free. */
const openApiRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/servers/import-openapi",
  staticData: { title: "From an OpenAPI document" },
  component: lazyRouteComponent(() => import("./openapi/ImportOpenApi"), "ImportOpenApi"),
});

/** A server by its name or id; its parts are addresses below it. */
const serverRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/servers/$id",
  staticData: { title: "Server" },
  component: lazyRouteComponent(() => import("./detail/ServerRoute"), "ServerRoute"),
});

const toolsRoute = createRoute({
  getParentRoute: () => serverRoute,
  path: "/",
  staticData: { title: "Server" },
  component: lazyRouteComponent(() => import("./detail/ServerTools"), "ServerTools"),
});

const grantsRoute = createRoute({
  getParentRoute: () => serverRoute,
  path: "/grants",
  staticData: { title: "Grants" },
  component: lazyRouteComponent(() => import("./grants/ServerGrants"), "ServerGrants"),
});

const sourcesRoute = createRoute({
  getParentRoute: () => serverRoute,
  path: "/sources",
  staticData: { title: "Sources" },
  component: lazyRouteComponent(() => import("./sources/ServerSources"), "ServerSources"),
});

const secretsRoute = createRoute({
  getParentRoute: () => serverRoute,
  path: "/secrets",
  staticData: { title: "Secrets" },
  component: lazyRouteComponent(() => import("./detail/ServerSecrets"), "ServerSecrets"),
});

export interface RunsSearch {
  only?: "failed" | "tests";
}

const validateRuns = ({ only }: Record<string, unknown>): RunsSearch => ({
  only: only === "failed" || only === "tests" ? only : undefined,
});

const runsRoute = createRoute({
  getParentRoute: () => serverRoute,
  path: "/logs",
  staticData: { title: "Runs" },
  validateSearch: validateRuns,
  component: lazyRouteComponent(() => import("./detail/ServerRuns"), "ServerRuns"),
});

const settingsRoute = createRoute({
  getParentRoute: () => serverRoute,
  path: "/settings",
  staticData: { title: "Server settings" },
  component: lazyRouteComponent(() => import("./detail/ServerSettings"), "ServerSettings"),
});

/** A tool by its name within the server, or by its id. */
const toolRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/servers/$id/tools/$tool",
  staticData: { title: "Tool" },
  validateSearch: validateRuns,
  component: lazyRouteComponent(() => import("./tool/ToolPage"), "ToolPage"),
});

export const serverRoutes = [listRoute, openApiRoute, serverRoute.addChildren([toolsRoute, grantsRoute, secretsRoute, sourcesRoute, runsRoute, settingsRoute]), toolRoute] as const;
