import type { Schema } from "@/api/client";
import type { Detail, Refusal } from "./coming";

type Capability = Schema["Capability"];

/** A capability as a line of the page: in words, and where the code shows the need. */
export interface Gain {
  key: string;
  kind: Capability["kind"];
  words: string;
  line: number | undefined;
  justification: string | undefined;
  /** What to name when it alone is refused; a server that takes no refusals of parts tells none. */
  capability: Capability | undefined;
  /** Refusing it lets the rest be approved. */
  isOptional: boolean;
}

/** A finding that a decision can name. */
export type NamedFinding = Schema["Finding"] & { id: string };

/** What approval newly allows. */
export function newGains({ grants, newly }: Detail): Gain[] {
  if (!grants) return partsOf(newly, true);
  return grants.new.map(({ capability, words, line, justification, can_live_without }, at) => ({
    key: `${at} ${words}`,
    kind: capability.kind,
    words,
    line: line ?? undefined,
    justification: justification || undefined,
    capability,
    isOptional: can_live_without,
  }));
}

/** What it may do already. */
export function oldGains({ grants, newly }: Detail): Gain[] {
  if (!grants) return partsOf(newly, false);
  return grants.existing.map(({ capability, words, line }, at) => ({
    key: `${at} ${words}`,
    kind: capability.kind,
    words,
    line: line ?? undefined,
    justification: undefined,
    capability: undefined,
    isOptional: false,
  }));
}

function partsOf(newly: Schema["Consequence"] | undefined, isNew: boolean): Gain[] {
  return (newly?.parts ?? [])
    .filter(({ is_new }) => is_new === isNew)
    .map(({ kind, what, text, line }) => ({
      key: `${kind} ${what} ${text}`,
      kind,
      words: text.replaceAll("`", ""),
      line: line ?? undefined,
      justification: undefined,
      capability: undefined,
      isOptional: false,
    }));
}

/** The findings with the names by which a decision acknowledges them. */
export function namedFindings({ findings }: Detail): NamedFinding[] {
  const counts = new Map<string, number>();
  return findings.map((finding) => {
    if ("id" in finding && typeof finding.id === "string") return { ...finding, id: finding.id };
    const place = `${finding.rule}:${finding.line ?? 0}`;
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    return { ...finding, id: count > 1 ? `${place}:${count}` : place };
  });
}

/** What has to be done before Approve does anything. */
export interface Friction {
  /** Ids of findings to tick, one by one. */
  toTick: string[];
  /** The name to type. */
  toType: string | undefined;
}

/** Friction only where risk is. A server that tells it is believed; an older one leaves it to this page. */
export function frictionOf(detail: Detail): Friction {
  const { approval_needs: needs, review, name } = detail;
  if (needs) return { toTick: needs.acknowledge, toType: needs.tool_name ?? undefined };
  const serious = namedFindings(detail).filter(({ severity }) => severity !== "notice");
  return {
    toTick: review.risk === "low" ? [] : serious.map(({ id }) => id),
    toType: review.risk === "critical" ? name : undefined,
  };
}

/** What the human did so far. */
export interface Draft {
  ticked: ReadonlySet<string>;
  typed: string;
  refused: readonly Refusal[];
}

/** What is still missing before an approval, in words; undefined when nothing is. */
export function missing({ toTick, toType }: Friction, { ticked, typed, refused }: Draft): string | undefined {
  const left = toTick.filter((id) => !ticked.has(id)).length;
  if (left > 0) return left === 1 ? "Tick the finding once you have read it" : `Tick the ${left} findings you have not read yet`;
  if (refused.some(({ reason }) => reason.trim() === "")) return "Say why for each thing you refuse";
  if (toType !== undefined && typed.trim() !== toType) return "Type the tool's name to approve it";
  return undefined;
}

/** Why the server would refuse an approval now, whatever is ticked. */
export function blocked({ packages }: Detail): string | undefined {
  if (!packages) return undefined;
  if (packages.state === "pending") return "Its packages are still being resolved. You can approve once it is known what would be installed.";
  if (packages.state === "failed") return "Its packages cannot be resolved. Send it back, or resolve again.";
  return undefined;
}
