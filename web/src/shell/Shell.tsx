import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { followServer } from "@/api/live";
import { useStatus } from "@/api/status";
import { PageSkeleton } from "@/components/PageSkeleton";
import { AccountMenu } from "./AccountMenu";
import { Brand } from "./Brand";
import { HelpDialog } from "./HelpDialog";
import { LiveDot } from "./LiveDot";
import { Nav } from "./Nav";
import { OfflineBar } from "./OfflineBar";
import { Palette, PaletteButton } from "./Palette";
import { SchemeSwitch } from "./SchemeSwitch";
import { SessionDialog } from "./SessionDialog";
import classes from "./Shell.module.css";
import { ShellCommands } from "./ShellCommands";
import { useTitle } from "./title";

/** The frame of every page with a session. */
export function Shell() {
  const [isOpen, menu] = useDisclosure(false);
  const queries = useQueryClient();
  const { sessionEnded } = useStatus();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useTitle();
  useEffect(() => (sessionEnded ? undefined : followServer(queries)), [queries, sessionEnded]);
  useEffect(menu.close, [path]);

  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 216, breakpoint: "md", collapsed: { mobile: !isOpen } }} transitionDuration={120}>
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <AppShell.Header className={classes.header}>
        <Group gap={8} wrap="nowrap" className={classes.start}>
          <Burger opened={isOpen} onClick={menu.toggle} hiddenFrom="md" size="sm" aria-label={isOpen ? "Close the menu" : "Open the menu"} className={classes.burger} />
          <Brand />
        </Group>
        <PaletteButton />
        <Group gap={4} wrap="nowrap" justify="flex-end" className={classes.end}>
          <LiveDot />
          <SchemeSwitch />
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar}>
        <Nav />
      </AppShell.Navbar>
      <AppShell.Main className={classes.main} id="content" tabIndex={-1}>
        <OfflineBar />
        <div className={classes.page}>
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </div>
      </AppShell.Main>
      <ShellCommands />
      <Palette />
      <HelpDialog />
      <SessionDialog />
    </AppShell>
  );
}
