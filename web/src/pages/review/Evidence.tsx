import { Button, Paper, Text } from "@mantine/core";
import { FlaskConical } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { EmptyState } from "@/components/EmptyState";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import classes from "./Evidence.module.css";
import type { Schema } from "@/api/client";
import type { Detail } from "./model";
import { RegressionPart } from "./Regression";
import { RunRow } from "./RunRow";

const TryIt = lazy(() => import("./TryIt").then(({ TryIt: component }) => ({ default: component })));

const SHOWN = 5;

/** What test runs of exactly this version really did, and a run with the reader's own input. */
export function Evidence({ detail }: { detail: Detail }) {
  const [isAll, showAll] = useState(false);
  const runs = detail.evidence;
  const shown = isAll ? runs : runs.slice(0, SHOWN);
  return (
    <div id="evidence" tabIndex={-1} className={classes.section}>
      <Section title="What its tests did" more={<Text c="dimmed">{summary(runs)}</Text>}>
        <Paper className={classes.runs}>
          {runs.length === 0 && (
            <EmptyState icon={FlaskConical} title="Nobody has tested this version" isCompact>
              Run it below, or send it back and ask for a test.
            </EmptyState>
          )}
          {shown.map((run, index) => (
            <RunRow key={run.id} run={run} isOpen={index === 0 && runs.length === 1} />
          ))}
          {runs.length > shown.length && (
            <Button variant="subtle" fullWidth onClick={() => showAll(true)}>
              Show all {runs.length}
            </Button>
          )}
        </Paper>
        {detail.regression && <RegressionPart regression={detail.regression} review={detail.review} />}
        {detail.review.state === "open" && (
          <Suspense fallback={null}>
            <TryIt detail={detail} />
          </Suspense>
        )}
      </Section>
    </div>
  );
}

/** `3 runs, 1 failed; tried 2 hosts, 1 blocked`. */
export function summary(runs: readonly Schema["CallRecord"][]): string {
  if (runs.length === 0) return "";
  const failed = runs.filter(({ failure }) => failure).length;
  const attempts = runs.flatMap(({ observed }) => observed.hosts);
  const hosts = new Set(attempts.map(({ host }) => host));
  const blocked = new Set(attempts.filter(({ outcome }) => outcome === "denied").map(({ host }) => host));
  const network = hosts.size === 0 ? "no host tried" : `tried ${counted(hosts.size, "host")}${blocked.size ? `, ${blocked.size} blocked` : ""}`;
  return `${counted(runs.length, "run")}, ${failed === 0 ? "none failed" : `${failed} failed`}; ${network}`;
}
