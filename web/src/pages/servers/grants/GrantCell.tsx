import { Tooltip } from "@mantine/core";
import { Check, CircleDot, Clock, ClockAlert, Layers, Minus, Plus } from "lucide-react";
import { type Capability, capabilityName, capabilityVerb } from "@/components/capability";
import { untilDay } from "@/components/time";
import type { Cell, Target } from "./matrix";
import classes from "./Grants.module.css";

const ICONS = { granted: Check, server: Layers, everywhere: Layers, pending: CircleDot, expired: ClockAlert, none: Minus };
const LOOKS: Partial<Record<Cell["state"], string>> = { granted: classes.granted, pending: classes.pending, expired: classes.expired };

interface Props {
  cell: Cell;
  capability: Capability;
  target: Target;
  whyNot: string | undefined;
  onPress: () => void;
  /** With its name beside it, in a list. */
  withName?: boolean;
}

/** What a cell says, and what pressing it does. */
function words({ cell, capability, target }: Pick<Props, "cell" | "capability" | "target">): string {
  const may = `${target.name} may ${capabilityVerb(capability)} ${capabilityName(capability)}`;
  const by = cell.grant?.decided_by?.name;
  const end = cell.grant?.expires_at;
  const until = end ? ` ${untilDay(end)}` : "";
  switch (cell.state) {
    case "granted":
      return `${may}${until}${by ? `, granted by ${by}` : ""}. Press to revoke.`;
    case "server":
      return `${may}${until}, because all tools of the server may.`;
    case "everywhere":
      return `${may}${until}, because every tool may. Revoke that under Modules and packages.`;
    case "pending":
      return `${target.name} asks to ${capabilityVerb(capability)} ${capabilityName(capability)}. Press to decide.`;
    case "expired":
      return `${target.name} could ${capabilityVerb(capability)} ${capabilityName(capability)}${until}, and is withheld since. Press to grant it again.`;
    case "none":
      return `${may.replace(" may ", " may not ")}. Press to grant.`;
  }
}

/** Whether somebody may do something, to press. */
export function GrantCell({ cell, capability, target, whyNot, onPress, withName }: Props) {
  const isFixed = cell.state === "server" || cell.state === "everywhere";
  const hasEnd = cell.state === "granted" && cell.grant?.expires_at;
  const Icon = cell.state === "none" && withName ? Plus : hasEnd ? Clock : ICONS[cell.state];
  const text = whyNot ?? words({ cell, capability, target });
  return (
    <Tooltip label={text} multiline maw={320}>
      <button type="button" className={`${withName ? classes.chip : classes.cell} ${LOOKS[cell.state] ?? ""}`} aria-label={text} aria-disabled={isFixed || undefined} disabled={whyNot !== undefined} onClick={isFixed ? undefined : onPress}>
        <Icon size={16} aria-hidden="true" />
        {withName && (
          <span>
            <span className={target.level === "tool" ? "mono" : undefined}>{target.name}</span>
            {cell.grant?.expires_at && (cell.state === "expired" ? " over" : ` ${untilDay(cell.grant.expires_at)}`)}
          </span>
        )}
      </button>
    </Tooltip>
  );
}
