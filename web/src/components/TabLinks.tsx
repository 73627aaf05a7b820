import { Link } from "@tanstack/react-router";
import { count } from "./numbers";
import classes from "./TabLinks.module.css";

interface TabLink {
  label: string;
  /** Where it leads, whole: `/servers/weather/grants`. */
  to: string;
  /** How much is there. */
  count?: number;
}

/** The parts of a thing, each an address of its own. */
export function TabLinks({ label, tabs }: { label: string; tabs: readonly TabLink[] }) {
  return (
    <nav aria-label={label} className={classes.tabs}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to as "/"} className={classes.tab} activeOptions={{ exact: true, includeSearch: false }}>
          {tab.label}
          {tab.count !== undefined && <span className={classes.count}>{count(tab.count)}</span>}
        </Link>
      ))}
    </nav>
  );
}
