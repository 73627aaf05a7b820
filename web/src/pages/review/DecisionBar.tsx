import { Button, Text, TextInput } from "@mantine/core";
import { CornerUpLeft } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Keys } from "@/components/Keys";
import { LongField } from "@/components/LongField";
import { HostileText } from "@/components/HostileText";
import { useCommands } from "@/shell/commands";
import type { Detail } from "./model";
import classes from "./DecisionBar.module.css";
import { DecisionProblem } from "./DecisionProblem";
import type { Decision } from "./decision";

const hasDialog = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null;

/** Always in reach: sending back as near as approving, and approving as far as the risk asks for. */
export function DecisionBar({ detail, decision }: { detail: Detail; decision: Decision }) {
  const [isSendingBack, setSendingBack] = useState(false);
  const [isTold, tell] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { whyReadOnly, whyNotApprove, isBusy } = decision;
  const needsName = decision.goesBack ? undefined : detail.approval_needs.tool_name;
  const approve = () => {
    tell(whyNotApprove !== undefined);
    decision.approve();
  };
  const close = () => {
    setSendingBack(false);
    requestAnimationFrame(() => opener.current?.focus());
  };
  useEffect(() => tell(false), [whyNotApprove]);
  useCommands([
    { id: "review-back", label: "Send it back", group: "Review", keys: "r", run: () => setSendingBack(true) },
    {
      id: "review-decide",
      label: isSendingBack ? "Send it back with this comment" : "Approve",
      group: "Review",
      keys: "mod+Enter",
      run: () => !hasDialog() && (isSendingBack ? decision.sendBack() : approve()),
    },
  ]);
  return (
    <section className={classes.bar} aria-label="Decision">
      <DecisionProblem decision={decision} />
      {isSendingBack ? (
        <SendBack decision={decision} onCancel={close} />
      ) : (
        <div className={classes.row}>
          <div className={classes.left}>
            {needsName && <TypeName name={needsName} decision={decision} />}
            <Text size="sm" c={isTold ? "bad" : "dimmed"} fw={isTold ? 600 : undefined} role={isTold ? "alert" : undefined} id="why-not">
              {whyNotApprove ?? <Ready detail={detail} decision={decision} />}
            </Text>
          </div>
          <div className={classes.buttons}>
            <Button ref={opener} variant="default" size="md" disabled={whyReadOnly !== undefined || isBusy !== undefined} onClick={() => setSendingBack(true)} leftSection={<CornerUpLeft size={16} aria-hidden="true" />}>
              Send back
            </Button>
            <Button
              size="md"
              loading={isBusy === "approve"}
              disabled={whyReadOnly !== undefined || isBusy === "reject"}
              data-disabled={whyNotApprove !== undefined || undefined}
              aria-disabled={whyNotApprove !== undefined || undefined}
              aria-describedby="why-not"
              onClick={approve}
            >
              {decision.goesBack ? "Send back with this" : decision.refused.size > 0 ? "Approve the rest" : "Approve"}
            </Button>
          </div>
        </div>
      )}
    </section>
  );
}

function Ready({ detail, decision }: { detail: Detail; decision: Decision }) {
  return (
    <>
      {consequence(detail, decision)} <span className={classes.keys}><Keys keys="mod+Enter" /></span>
    </>
  );
}

/** What pressing the button does. */
function consequence({ review, live }: Detail, { refused, goesBack }: Decision): string {
  if (goesBack) return "The tool cannot do without what you refuse: the whole goes back, with your reasons.";
  const but = refused.size > 0 ? `All but ${refused.size} of what it asks for. ` : "";
  if (review.purpose === "grant") return `${but}The live version may use it at once.`;
  return but + (live ? "Takes the place of the live version at once." : "Clients can call it at once.");
}

function TypeName({ name, decision }: { name: string; decision: Decision }) {
  return (
    <TextInput
      label={
        <>
          Critical: type <span className="mono"><HostileText text={name} /></span> to approve
        </>
      }
      value={decision.typed}
      onChange={(event) => decision.setTyped(event.currentTarget.value)}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
    />
  );
}

function SendBack({ decision, onCancel }: { decision: Decision; onCancel: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [isTold, tell] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const isEmpty = decision.comment.trim() === "";
  const send = () => {
    tell(isEmpty);
    if (isEmpty) field.current?.focus();
    decision.sendBack();
  };
  return (
    <div onKeyDown={(event) => event.key === "Escape" && onCancel()}>
      <LongField
        ref={field}
        label="What should change? The LLM reads this and tries again"
        maxLength={4_000}
        value={decision.comment}
        onType={decision.setComment}
        error={isTold && isEmpty ? "Without a reason the LLM cannot do better" : undefined}
      />
      <div className={`${classes.buttons} ${classes.end}`}>
        <Button variant="default" size="md" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="md" color="bad" loading={decision.isBusy === "reject"} disabled={decision.whyReadOnly !== undefined} onClick={send}>
          Send back
        </Button>
      </div>
      {decision.whyReadOnly && <Text size="sm" mt={8}>{decision.whyReadOnly}</Text>}
    </div>
  );
}
