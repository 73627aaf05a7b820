import { Button, Checkbox, Paper, Text, Tooltip } from "@mantine/core";
import { Info, type LucideIcon, OctagonAlert, TriangleAlert } from "lucide-react";
import { useRef, useState } from "react";
import type { Schema } from "@/api/client";
import { HostileText } from "@/components/HostileText";
import { useCommands } from "@/shell/commands";
import classes from "./CodeSection.module.css";
import { SEVERITIES } from "./CodeSection";
import type { Decision } from "./decision";
import type { JumpTo } from "./jump";
import type { Finding } from "./model";

const SIGNS: Record<Schema["Severity"], { icon: LucideIcon; colour: string }> = {
  error: { icon: OctagonAlert, colour: "var(--bad)" },
  danger: { icon: OctagonAlert, colour: "var(--bad)" },
  warning: { icon: TriangleAlert, colour: "var(--warn)" },
  notice: { icon: Info, colour: "var(--brand)" },
};

interface Props {
  findings: readonly Finding[];
  decision: Decision;
  jumpTo: JumpTo;
  /** Those that an approval must acknowledge; none once it is decided. */
  toTick: readonly string[];
}

/** Every finding, also those whose line is not in the code any more; each is ticked by itself, nothing ticks all. */
export function Findings({ findings, decision, jumpTo, toTick }: Props) {
  const [current, setCurrent] = useState(-1);
  const list = useRef<HTMLUListElement>(null);
  const step = (by: number) => {
    if (findings.length === 0) return;
    const at = current < 0 && by < 0 ? findings.length - 1 : (current + by + findings.length) % findings.length;
    setCurrent(at);
    const row = list.current?.children[at];
    const { line, about } = findings[at] ?? {};
    if (line != null && about === "code") jumpTo(line);
    row?.querySelector<HTMLElement>("input, button")?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  };
  useCommands([
    { id: "finding-next", label: "Next finding", group: "Review", keys: "n", run: () => step(1) },
    { id: "finding-previous", label: "Previous finding", group: "Review", keys: "p", run: () => step(-1) },
  ]);
  if (findings.length === 0) return null;
  return (
    <Paper component="ul" ref={list} className={classes.findings} aria-label="Findings">
      {findings.map((finding, at) => {
        const { id, about, severity, line, message, hint, snippet } = finding;
        const { icon: Icon, colour } = SIGNS[severity];
        return (
          <li key={id} className={`${classes.finding} ${at === current ? classes.current : ""}`}>
            {toTick.includes(id) && (
              <Tooltip label="I have read this">
                <Checkbox
                  checked={decision.ticked.has(id)}
                  onChange={(event) => decision.tick(id, event.currentTarget.checked)}
                  aria-label={`I have read finding ${at + 1}: ${message.slice(0, 200)}`}
                  size="md"
                />
              </Tooltip>
            )}
            <Icon size={18} color={colour} className={classes.icon} role="img" aria-label={SEVERITIES[severity]} />
            <div className={classes.text}>
              <Text fw={500}>
                <HostileText text={message} limit={1_000} />
              </Text>
              {hint && (
                <Text c="dimmed" size="sm">
                  <HostileText text={hint} limit={1_000} />
                </Text>
              )}
              {snippet && (
                <span className={`${classes.snippet} mono`}>
                  <HostileText text={snippet} limit={300} />
                </span>
              )}
            </div>
            {line != null && about === "code" && (
              <Button variant="subtle" onClick={() => jumpTo(line)}>
                Line {line}
              </Button>
            )}
          </li>
        );
      })}
    </Paper>
  );
}
