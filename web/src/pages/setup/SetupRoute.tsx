import { useRouteContext } from "@tanstack/react-router";
import { SetupPage } from "./SetupPage";

/** The page, which stays on its step when the account is made under it. */
export function SetupRoute() {
  return <SetupPage isNew={useRouteContext({ from: "/setup", select: ({ isNew }) => isNew })} />;
}
