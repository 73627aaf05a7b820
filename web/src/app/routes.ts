// Every page of the UI, one line each. The navigation, the palette and the `g` shortcuts follow from `staticData.nav`.
import { activityRoute, auditRoute } from "@/pages/activity/route";
import { approvalsRoute } from "@/pages/approvals/route";
import { dashboardRoute } from "@/pages/dashboard/route";
import { loginRoute } from "@/pages/login/route";
import { reviewRoute } from "@/pages/review/route";
import { remoteRoute } from "@/pages/remote/route";
import { modulesRoute } from "@/pages/modules/route";
import { secretsRoute } from "@/pages/secrets/route";
import { serverRoutes } from "@/pages/servers/route";
import { aboutRoute, accountRoute, backupRoute, cloudflareRoute, notificationsRoute, sandboxRoute, settingsRoute } from "@/pages/settings/route";
import { setupRoute } from "@/pages/setup/route";
import { openIdRoute, peopleRoute } from "@/pages/people/route";
import { welcomeRoute } from "@/pages/welcome/route";

/** Pages inside the shell. */
export const pages = [
  dashboardRoute,
  approvalsRoute,
  reviewRoute,
  ...serverRoutes,
  secretsRoute,
  modulesRoute,
  remoteRoute,
  activityRoute,
  auditRoute,
  peopleRoute,
  openIdRoute,
  settingsRoute,
  backupRoute,
  accountRoute,
  notificationsRoute,
  sandboxRoute,
  cloudflareRoute,
  aboutRoute,
] as const;

/** Pages without a session. */
export const publicPages = [
  loginRoute,
  setupRoute,
  welcomeRoute,
] as const;
