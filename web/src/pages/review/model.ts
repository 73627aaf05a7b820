import type { Schema } from "@/api/client";
import { capabilityKey } from "@/components/capability";
import { isWhole } from "@/components/term";

export type Detail = Schema["ReviewDetail"];
export type Finding = Schema["ReviewFinding"];
type Capability = Schema["Capability"];

/** What the human did so far. Capabilities stand by their keys. */
export interface Draft {
  /** Ids of findings, one by one. */
  ticked: ReadonlySet<string>;
  /** The tool's name, as typed. */
  typed: string;
  /** Why a capability is refused. */
  refused: ReadonlyMap<string, string>;
  /** Until when one is granted, as `TermField` keeps it. */
  terms: ReadonlyMap<string, string>;
}

/** What is refused, as the API takes it. */
export const refusals = ({ grants }: Detail, { refused }: Draft): Schema["Refusal"][] =>
  grants.new.flatMap(({ capability }) => {
    const reason = refused.get(capabilityKey(capability));
    return reason === undefined ? [] : [{ capability, reason: reason.trim() }];
  });

/** Whether the whole goes back to its author with what is refused, because it cannot do without. */
export function goesBack({ grants, review }: Detail, { refused }: Draft): boolean {
  const isRefused = ({ capability }: { capability: Capability }) => refused.has(capabilityKey(capability));
  const [out, rest] = [grants.new.filter(isRefused), grants.new.filter((each) => !isRefused(each))];
  const hasPackage = (some: typeof out) => some.some(({ capability }) => capability.kind === "package");
  // Packages are installed together: without one of them it is another set than what was shown.
  const isOtherSet = hasPackage(out) && hasPackage(rest);
  const isNothing = review.purpose === "grant" && out.length > 0 && rest.length === 0;
  return isOtherSet || isNothing || out.some((each) => !each.can_live_without);
}

/** What is still missing before an approval, in words; undefined when nothing is. */
export function missing(detail: Detail, draft: Draft): string | undefined {
  const { acknowledge, tool_name: name } = detail.approval_needs;
  if ([...draft.refused.values()].some((reason) => reason.trim() === "")) return "Say why for each thing you refuse";
  if (goesBack(detail, draft)) return undefined;
  if (![...draft.terms.values()].every(isWhole)) return "Pick the day until which it is granted";
  const left = acknowledge.filter((id) => !draft.ticked.has(id)).length;
  if (left > 0) return left === 1 ? "Tick the finding once you have read it" : `Tick the ${left} findings you have not read yet`;
  if (name && draft.typed.trim() !== name) return "Type the tool's name to approve it";
  return undefined;
}

/** Why the server would refuse an approval now, whatever is ticked. */
export function blocked({ packages }: Detail): string | undefined {
  if (packages?.state === "pending") return "Its packages are still being resolved. You can approve once it is known what would be installed.";
  if (packages?.state === "failed") return "Its packages cannot be resolved. Send it back, or resolve again.";
  return undefined;
}
