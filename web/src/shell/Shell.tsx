import { ActionIcon, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { CircleUserRound, Menu, X } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { api } from "@/api/client";
import { followServer } from "@/api/live";
import { setStatus, useStatus } from "@/api/status";
import { PageSkeleton } from "@/components/PageSkeleton";
import { useEver } from "@/components/useEver";
import { Brand } from "./Brand";
import { help } from "./help";
import { LiveDot } from "./LiveDot";
import { Nav } from "./Nav";
import { OfflineBar } from "./OfflineBar";
import { Palette, PaletteButton } from "./Palette";
import { SchemeSwitch } from "./SchemeSwitch";
import classes from "./Shell.module.css";
import { ShellCommands } from "./ShellCommands";
import { useTitle } from "./title";

// What most visits never open comes when it is wanted.
const AccountMenu = lazy(() => import("./AccountMenu").then(({ AccountMenu: component }) => ({ default: component })));
const HelpDialog = lazy(() => import("./HelpDialog").then(({ HelpDialog: component }) => ({ default: component })));
const SessionDialog = lazy(() => import("./SessionDialog").then(({ SessionDialog: component }) => ({ default: component })));

/** The frame of every page with a session. */
export function Shell() {
  const [isOpen, menu] = useDisclosure(false);
  const queries = useQueryClient();
  const { sessionEnded } = useStatus();
  const isHelpWanted = useEver(help.useIsOpen());
  const isAsked = useEver(sessionEnded);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const role = api.useQuery("get", "/api/session").data?.role;
  useTitle();
  useEffect(() => (role ? setStatus({ role }) : undefined), [role]);
  useEffect(() => (sessionEnded ? undefined : followServer(queries)), [queries, sessionEnded]);
  useEffect(menu.close, [path]);

  return (
    <>
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <header className={classes.header}>
        <Group gap={8} wrap="nowrap" className={classes.start}>
          <ActionIcon hiddenFrom="md" onClick={menu.toggle} aria-expanded={isOpen} aria-controls="menu" aria-label={isOpen ? "Close the menu" : "Open the menu"} className={classes.burger}>
            {isOpen ? <X size={20} /> : <Menu size={20} />}
          </ActionIcon>
          <Brand />
        </Group>
        <PaletteButton />
        <Group gap={4} wrap="nowrap" justify="flex-end" className={classes.end}>
          <LiveDot />
          <SchemeSwitch />
          <Suspense fallback={<ActionIcon component="span" children={<CircleUserRound size={20} />} />}>
            <AccountMenu />
          </Suspense>
        </Group>
      </header>
      <div className={classes.navbar} id="menu" data-open={isOpen || undefined}>
        <Nav />
      </div>
      <main className={classes.main} id="content" tabIndex={-1}>
        <OfflineBar />
        <div className={classes.page}>
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </div>
      </main>
      <ShellCommands />
      <Palette />
      <Suspense fallback={null}>
        {isHelpWanted && <HelpDialog />}
        {isAsked && <SessionDialog />}
      </Suspense>
    </>
  );
}
