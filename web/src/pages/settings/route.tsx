import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Settings } from "lucide-react";
import { shellRoute } from "@/app/root";

export const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  staticData: { title: "Settings", nav: { label: "Settings", icon: Settings, order: 80, key: ",", keywords: ["policy", "rules", "limits", "retention", "automatic"] }, tab: { label: "Rules and limits", order: 10 } },
  component: lazyRouteComponent(() => import("./SettingsPage"), "SettingsPage"),
});

export const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/account",
  staticData: { title: "Account", tab: { label: "Account", order: 20 } },
  component: lazyRouteComponent(() => import("./AccountPage"), "AccountPage"),
});

export const sandboxRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/sandbox",
  staticData: { title: "Sandbox", tab: { label: "Sandbox", order: 40 } },
  component: lazyRouteComponent(() => import("./SandboxPage"), "SandboxPage"),
});

export const notificationsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/notifications",
  staticData: { title: "Notifications", tab: { label: "Notifications", order: 30 } },
  component: lazyRouteComponent(() => import("./notifications/NotificationsPage"), "NotificationsPage"),
});

export const backupRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/backup",
  staticData: { title: "Backup", tab: { label: "Backup", order: 50 } },
  component: lazyRouteComponent(() => import("./backup/BackupPage"), "BackupPage"),
});

export const cloudflareRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/cloudflare",
  staticData: { title: "Cloudflare", tab: { label: "Cloudflare", order: 60 } },
  component: lazyRouteComponent(() => import("./cloudflare/CloudflarePage"), "CloudflarePage"),
});

export const aboutRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/about",
  staticData: { title: "About", tab: { label: "About", order: 90 } },
  component: lazyRouteComponent(() => import("./AboutPage"), "AboutPage"),
});
