import { Link, useRouter, useRouterState } from "@tanstack/react-router";
import classes from "./SubNav.module.css";

interface Tab {
  to: string;
  label: string;
  order: number;
}

/** The pages under one head, from the `tab` of their routes. */
export function SubNav({ root, label }: { root: string; label: string }) {
  const router = useRouter();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const routes = Object.values(router.routesById) as { fullPath: string; options: { staticData?: { tab?: Omit<Tab, "to"> } } }[];
  const tabs = routes
    .flatMap(({ fullPath, options }): Tab[] => (options.staticData?.tab && (fullPath === root || fullPath.startsWith(`${root}/`)) ? [{ ...options.staticData.tab, to: fullPath }] : []))
    .sort((a, b) => a.order - b.order);
  return (
    <nav aria-label={label} className={classes.tabs}>
      {tabs.map(({ to, label: name }) => (
        <Link key={to} to={to} className={classes.tab} activeOptions={{ exact: true, includeSearch: false }} aria-current={path === to ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
