import { Tooltip } from "@mantine/core";
import { Check, CircleDot, Layers, Minus, Plus } from "lucide-react";
import { type Capability, capabilityName, capabilityVerb } from "@/components/capability";
import type { Cell, Target } from "./matrix";
import classes from "./Grants.module.css";

const ICONS = { granted: Check, server: Layers, everywhere: Layers, pending: CircleDot, none: Minus };

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
  switch (cell.state) {
    case "granted":
      return `${may}${by ? `, granted by ${by}` : ""}. Press to revoke.`;
    case "server":
      return `${may}, because all tools of the server may.`;
    case "everywhere":
      return `${may}, because every tool may. Revoke that under Modules and packages.`;
    case "pending":
      return `${target.name} asks to ${capabilityVerb(capability)} ${capabilityName(capability)}. Press to decide.`;
    case "none":
      return `${may.replace(" may ", " may not ")}. Press to grant.`;
  }
}

/** Whether somebody may do something, to press. */
export function GrantCell({ cell, capability, target, whyNot, onPress, withName }: Props) {
  const isFixed = cell.state === "server" || cell.state === "everywhere";
  const Icon = cell.state === "none" && withName ? Plus : ICONS[cell.state];
  const look = cell.state === "granted" ? classes.granted : cell.state === "pending" ? classes.pending : "";
  const text = whyNot ?? words({ cell, capability, target });
  return (
    <Tooltip label={text} multiline maw={320}>
      <button type="button" className={`${withName ? classes.chip : classes.cell} ${look}`} aria-label={text} aria-disabled={isFixed || undefined} disabled={whyNot !== undefined} onClick={isFixed ? undefined : onPress}>
        <Icon size={16} aria-hidden="true" />
        {withName && <span className={target.level === "tool" ? "mono" : undefined}>{target.name}</span>}
      </button>
    </Tooltip>
  );
}
