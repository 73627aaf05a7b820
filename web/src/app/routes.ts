// Every page of the UI, one line each. The navigation, the palette and the `g` shortcuts follow from `staticData.nav`.
import { approvalsRoute } from "@/pages/approvals/route";
import { dashboardRoute } from "@/pages/dashboard/route";
import { loginRoute } from "@/pages/login/route";
import { setupRoute } from "@/pages/setup/route";

/** Pages inside the shell. */
export const pages = [
  dashboardRoute,
  approvalsRoute,
] as const;

/** Pages without a session. */
export const publicPages = [
  loginRoute,
  setupRoute,
] as const;
