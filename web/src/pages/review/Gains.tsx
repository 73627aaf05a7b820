import { Badge, Button, Text, TextInput } from "@mantine/core";
import { Globe, KeyRound, type LucideIcon, Package, Puzzle, Server } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schema } from "@/api/client";
import { type Capability, capabilityKey, capabilityName, capabilityVerb } from "@/components/capability";
import { HostileText } from "@/components/HostileText";
import { TermField } from "@/components/TermField";
import { Until } from "@/components/Until";
import classes from "./Consequence.module.css";
import type { Decision } from "./decision";
import type { JumpTo } from "./jump";
import { type Detail, goesBack } from "./model";

const ICONS: Record<Capability["kind"], LucideIcon> = { host: Globe, secret: KeyRound, package: Package, module: Puzzle, source: Server };
/** More than these are shown on request, those that the code needs first. */
const SHOWN = 5;

interface NewProps {
  detail: Detail;
  decision: Decision;
  jumpTo: JumpTo;
  isOpen: boolean;
}

/** What approval newly allows; each can be refused alone, or granted for a time. */
export function NewGrants({ detail, decision, jumpTo, isOpen }: NewProps) {
  const wasRefused = (key: string) => detail.review.refused.some(({ capability }) => capabilityKey(capability) === key);
  return (
    <ul className={classes.gains} aria-label="What it may newly do">
      {detail.grants.new.map((grant) => {
        const { capability, line, justification } = grant;
        const key = capabilityKey(capability);
        const isRefused = isOpen ? decision.refused.has(key) : wasRefused(key);
        return (
          <li key={key} className={`${classes.gain} ${classes.new} ${isRefused ? classes.refused : ""}`}>
            <Words capability={capability} line={line} jumpTo={jumpTo}>
              <Badge color={isRefused ? "bad" : "brand"}>{isRefused ? "Refused" : "New"}</Badge>
            </Words>
            {isOpen && <Choices grant={grant} decision={decision} />}
            {justification && (
              <Text className={classes.why} c="dimmed">
                “<HostileText text={justification} limit={1_000} />”
              </Text>
            )}
            {isOpen && <Chosen detail={detail} grant={grant} decision={decision} />}
          </li>
        );
      })}
    </ul>
  );
}

interface ChoiceProps {
  grant: Schema["NewGrant"];
  decision: Decision;
}

/** Refuse it alone, or let it end by itself. */
function Choices({ grant: { capability }, decision: { refused, terms, refuse, limit } }: ChoiceProps) {
  const key = capabilityKey(capability);
  const [isRefused, isLimited] = [refused.has(key), terms.has(key)];
  return (
    <div className={classes.choices}>
      {!isRefused && (
        <Button variant="subtle" color="gray" onClick={() => limit(capability, isLimited ? undefined : "7")}>
          {isLimited ? "For good after all" : "Only for a time"}
        </Button>
      )}
      <Button variant="subtle" color="gray" onClick={() => refuse(capability, isRefused ? undefined : "")}>
        {isRefused ? "Allow it after all" : "Refuse only this"}
      </Button>
    </div>
  );
}

/** What a choice still wants to know. */
function Chosen({ detail, grant: { capability }, decision }: ChoiceProps & { detail: Detail }) {
  const key = capabilityKey(capability);
  const [reason, term] = [decision.refused.get(key), decision.terms.get(key)];
  if (reason === undefined && term === undefined) return null;
  const alone = { ...decision, refused: new Map([[key, ""]]) };
  return (
    <div className={classes.more}>
      {reason === undefined ? (
        <TermField label="How long it is granted" value={term ?? ""} onChange={(next) => decision.limit(capability, next)} />
      ) : (
        <TextInput
          label="Why not? The LLM reads it"
          value={reason}
          onChange={(event) => decision.refuse(capability, event.currentTarget.value)}
          description={goesBack(detail, alone) ? "The tool cannot do without it, so the whole goes back." : "The tool can do without it: the rest can be approved."}
        />
      )}
    </div>
  );
}

/** What the tool may do already. */
export function ExistingGrants({ grants, jumpTo }: { grants: readonly Schema["ExistingGrant"][]; jumpTo: JumpTo }) {
  const [isAll, showAll] = useState(false);
  const sorted = [...grants].sort((a, b) => Number(b.line != null) - Number(a.line != null));
  const shown = isAll ? sorted : sorted.slice(0, SHOWN);
  return (
    <ul className={classes.gains} aria-label="What it may do already">
      {shown.map(({ id, capability, line, scope, expires_at }) => (
        <li key={id} className={`${classes.gain} ${classes.old}`}>
          <Words capability={capability} line={line} jumpTo={jumpTo} />
          <span>
            {WHOM[scope.level]}
            {expires_at && (
              <>
                {" "}
                <Until at={expires_at} />
              </>
            )}
          </span>
        </li>
      ))}
      {sorted.length > shown.length && (
        <li>
          <Button variant="subtle" onClick={() => showAll(true)}>
            Show {sorted.length - shown.length} more that it may do already
          </Button>
        </li>
      )}
    </ul>
  );
}

const WHOM: Record<Schema["GrantScope"]["level"], string> = { tool: "already granted", server: "already granted to its server", everywhere: "already granted to every tool" };

function Words({ capability, line, jumpTo, children }: { capability: Capability; line?: number | null; jumpTo: JumpTo; children?: ReactNode }) {
  const Icon = ICONS[capability.kind];
  return (
    <>
      <Icon size={16} aria-hidden="true" />
      <span className={classes.words}>
        {capabilityVerb(capability)}{" "}
        <span className={`${classes.name} mono`}>
          <HostileText text={capabilityName(capability)} />
        </span>
        {children}
      </span>
      {line != null && (
        <Button variant="subtle" onClick={() => jumpTo(line)}>
          Line {line}
        </Button>
      )}
    </>
  );
}
