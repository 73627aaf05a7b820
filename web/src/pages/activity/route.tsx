import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { shellRoute } from "@/app/root";
import { isRange, type Range } from "@/components/chart/buckets";

export interface ActivitySearch {
  server?: string;
  tool?: string;
  outcome?: "succeeded" | "failed";
  kind?: "calls" | "tests";
  by?: string;
  /** For whom: a human. */
  human?: string;
  text?: string;
  /** The last 24 hours without. */
  range?: Range | "all";
  /** The part that was marked in the chart, RFC 3339. */
  from?: string;
  until?: string;
  /** The run whose details are open. */
  run?: string;
}

const word = (value: unknown): string | undefined => (typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) || undefined : undefined);
const one = <T extends string>(value: unknown, ...known: T[]): T | undefined => known.find((each) => each === value);
const time = (value: unknown): string | undefined => (typeof value === "string" && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined);

const date = (value: unknown): string | undefined => (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined);

export const activityRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/activity",
  staticData: { title: "Activity", nav: { label: "Activity", icon: Activity, order: 40, key: "l", keywords: ["log", "logs", "runs", "calls", "history"] }, tab: { label: "Runs", order: 10 } },
  validateSearch: (search: Record<string, unknown>): ActivitySearch => ({
    server: word(search.server),
    tool: word(search.tool),
    outcome: one(search.outcome, "succeeded", "failed"),
    kind: one(search.kind, "calls", "tests"),
    by: word(search.by),
    human: word(search.human),
    text: word(search.text),
    range: search.range === "all" ? "all" : isRange(search.range) && search.range !== "24h" ? search.range : undefined,
    from: time(search.from),
    until: time(search.until),
    run: word(search.run),
  }),
  component: lazyRouteComponent(() => import("./ActivityPage"), "ActivityPage"),
});

export interface AuditSearch {
  by?: string;
  /** For whom: a human. */
  human?: string;
  about?: string;
  subject?: string;
  text?: string;
  /** From the beginning of this day to the end of that, `2026-11-21`. */
  from?: string;
  until?: string;
  /** The event whose details are open. */
  event?: number;
}

export const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/activity/audit",
  staticData: { title: "Audit", tab: { label: "Audit", order: 20 } },
  validateSearch: (search: Record<string, unknown>): AuditSearch => ({
    by: word(search.by),
    human: word(search.human),
    about: word(search.about),
    subject: word(search.subject),
    text: word(search.text),
    from: date(search.from),
    until: date(search.until),
    event: Number.isInteger(search.event) ? Number(search.event) : undefined,
  }),
  component: lazyRouteComponent(() => import("./AuditPage"), "AuditPage"),
});
