import { Badge, Text } from "@mantine/core";
import { Ban, Check, ChevronRight, FlaskConical, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";
import { CodeName } from "@/components/CodeName";
import { functionWords } from "@/components/entry";
import { HostileText } from "@/components/HostileText";
import { bytes, counted } from "@/components/numbers";
import { StatusBadge } from "@/components/StatusBadge";
import { duration } from "@/components/time";
import { TimeAgo } from "@/components/TimeAgo";
import classes from "./Evidence.module.css";

const OUTCOMES: Record<Schema["HostOutcome"], { tone: Tone; icon: LucideIcon; label: string }> = {
  reached: { tone: "ok", icon: Check, label: "Reached" },
  failed: { tone: "warn", icon: TriangleAlert, label: "Failed" },
  denied: { tone: "bad", icon: Ban, label: "Blocked" },
  mocked: { tone: "gray", icon: FlaskConical, label: "Canned answer" },
};
const PURPOSES = { author: "by the author", reviewer: "by a reviewer", regression: "an example repeated" };

/** A run in a line; open, all that it did. */
export function RunRow({ run, isOpen }: { run: Schema["CallRecord"]; isOpen?: boolean }) {
  const { observed, failure, trial } = run;
  const what = functionWords(observed.entry);
  return (
    <details className={classes.run} open={isOpen}>
      <summary className={classes.head}>
        <ChevronRight size={16} className={classes.chevron} aria-hidden="true" />
        <StatusBadge status={failure ? "failed" : "succeeded"} />
        {what && <Badge color="gray">{what}</Badge>}
        {trial?.mocked && <Badge color="gray">Canned answers</Badge>}
        <span className={`${classes.input} mono`}>
          <HostileText text={JSON.stringify(run.arguments)} limit={120} />
        </span>
        <span className={classes.figures}>
          {observed.hosts.length > 0 && `${counted(observed.hosts.length, "request")} · `}
          {observed.duration_us === 0 ? "did not start" : `${duration(observed.duration_us / 1_000)} · ${bytes(observed.peak_memory_bytes)}`}
        </span>
      </summary>
      <div className={classes.body}>
        <Text c="dimmed" size="sm">
          <TimeAgo at={run.started_at} /> by <HostileText text={run.actor.name} limit={80} />
          {trial && `, ${PURPOSES[trial.purpose]}`}
        </Text>
        <Part title="Input">
          <Json value={run.arguments} label="Input" />
        </Part>
        {failure ? <Failed failure={failure} /> : <Part title="Result"><Json value={run.result} label="Result" /></Part>}
        {run.stdout && <Part title="Printed"><Block text={run.stdout} label="What it printed" /></Part>}
        {run.logs && run.logs.length > 0 && <Part title="Logged"><Block text={run.logs.join("\n")} label="What it logged" /></Part>}
        <Did observed={observed} />
      </div>
    </details>
  );
}

function Failed({ failure }: { failure: Schema["Failure"] }) {
  return (
    <Part title="Failure">
      <Text c="bad">
        <HostileText text={failure.message} limit={4_000} />
      </Text>
      {failure.traceback && <Block text={failure.traceback} label="Traceback" />}
    </Part>
  );
}

/** What it touched outside of itself. */
function Did({ observed }: { observed: Schema["Observed"] }) {
  const { hosts, secrets, modules, denied_modules: denied } = observed;
  return (
    <>
      <Part title="Network">
        {hosts.length === 0 ? (
          <Text c="dimmed">It tried to reach no host.</Text>
        ) : (
          <ul className={classes.list}>
            {hosts.map(({ host, port, method, outcome, detail }, at) => {
              const { tone, icon: Icon, label } = OUTCOMES[outcome];
              return (
                <li key={at} className={classes.attempt}>
                  <Badge color={tone} leftSection={<Icon size={13} aria-hidden="true" />}>
                    {label}
                  </Badge>
                  <CodeName>{`${method} ${host}:${port}`}</CodeName>
                  <Text c="dimmed" size="sm">
                    <HostileText text={detail} limit={300} />
                  </Text>
                </li>
              );
            })}
          </ul>
        )}
      </Part>
      {secrets.length > 0 && <Part title="Secrets read"><Names names={secrets} /></Part>}
      {modules.length > 0 && <Part title="Imported"><Names names={modules} /></Part>}
      {denied.length > 0 && <Part title="Imports refused"><Names names={denied} /></Part>}
      <Text c="dimmed" size="sm">
        {duration(observed.duration_us / 1_000)} in all, {duration(observed.cpu_us / 1_000)} of CPU, at most {bytes(observed.peak_memory_bytes)}
      </Text>
    </>
  );
}

const Names = ({ names }: { names: readonly string[] }) => <CodeName>{names.join(", ")}</CodeName>;

const Json = ({ value, label }: { value: unknown; label: string }) => <Block text={JSON.stringify(value, null, 2) ?? ""} label={label} />;

function Block({ text, label }: { text: string; label: string }) {
  return (
    <pre className={classes.json} tabIndex={0} role="group" aria-label={label}>
      <HostileText text={text} limit={8_000} />
    </pre>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm" fw={600} mb={2}>
        {title}
      </Text>
      {children}
    </div>
  );
}
