import { Badge, Button, Paper, Text, TextInput } from "@mantine/core";
import { Globe, KeyRound, type LucideIcon, Package, Puzzle, ShieldCheck } from "lucide-react";
import type { Schema } from "@/api/client";
import { HostileText } from "@/components/HostileText";
import { Section } from "@/components/Section";
import classes from "./Consequence.module.css";
import type { Detail } from "./coming";
import { type Decision, isSameCapability } from "./decision";
import type { JumpTo } from "./jump";
import { type Gain, newGains, oldGains } from "./model";

const ICONS: Record<Schema["Capability"]["kind"], LucideIcon> = { host: Globe, secret: KeyRound, package: Package, module: Puzzle };

interface Props {
  detail: Detail;
  decision: Decision;
  jumpTo: JumpTo;
}

/** What approval does, in a sentence, and each thing that it newly allows with the line that shows the need. */
export function Consequence({ detail, decision, jumpTo }: Props) {
  const gains = newGains(detail);
  const old = oldGains(detail);
  const isOpen = detail.review.state === "open";
  return (
    <Section title={isOpen ? "If you approve" : "What was asked for"}>
      <Paper className={classes.card}>
        {detail.newly && (
          <Text component="p" m={0} className={classes.sentence}>
            <Sentence text={detail.newly.sentence} />
          </Text>
        )}
        <Text component="p" m={0} mt={detail.newly ? 4 : 0} c={detail.newly ? "dimmed" : undefined}>
          <HostileText text={detail.consequence} />
        </Text>
        {detail.reasons?.length > 0 && (
          <ul className={classes.reasons} aria-label="Why the risk is what it is">
            {detail.reasons.map((reason) => (
              <li key={reason}>
                <HostileText text={reason} limit={500} />
              </li>
            ))}
          </ul>
        )}
        {detail.identical_to && (
          <Text mt={8} c="ok">
            <ShieldCheck size={16} aria-hidden="true" style={{ verticalAlign: "-3px", marginRight: 6 }} />
            <HostileText text={detail.identical_to.sentence} />
          </Text>
        )}
        {gains.length + old.length > 0 && (
          <ul className={classes.gains} aria-label="What it may do">
            {gains.map((gain) => (
              <NewGain key={gain.key} gain={gain} decision={decision} jumpTo={jumpTo} isOpen={isOpen} />
            ))}
            {old.map((gain) => (
              <li key={gain.key} className={`${classes.gain} ${classes.old}`}>
                <Words gain={gain} jumpTo={jumpTo} />
                <span>already granted</span>
              </li>
            ))}
          </ul>
        )}
      </Paper>
    </Section>
  );
}

/** The sentence of the server; what stands in backticks is a name, and new. */
function Sentence({ text }: { text: string }) {
  return text.split("`").map((part, at) =>
    at % 2 === 1 ? (
      <b key={at} className="mono">
        <HostileText text={part} limit={300} />
      </b>
    ) : (
      <HostileText key={at} text={part} limit={4_000} />
    ),
  );
}

function NewGain({ gain, decision, jumpTo, isOpen }: { gain: Gain; decision: Decision; jumpTo: JumpTo; isOpen: boolean }) {
  const { capability } = gain;
  const refusal = capability && decision.refused.find((each) => isSameCapability(each.capability, capability));
  const refuse = (reason: string, isRefused = true) => capability && decision.refuse({ capability, reason }, isRefused);
  return (
    <li className={`${classes.gain} ${classes.new} ${refusal ? classes.refused : ""}`}>
      <Words gain={gain} jumpTo={jumpTo} />
      <Badge color={refusal ? "bad" : "brand"}>{refusal ? "Refused" : "New"}</Badge>
      {isOpen && capability && (
        <Button variant="subtle" color="gray" onClick={() => refuse("", !refusal)}>
          {refusal ? "Allow it after all" : "Refuse only this"}
        </Button>
      )}
      {gain.justification && (
        <Text className={classes.why} c="dimmed">
          “<HostileText text={gain.justification} limit={1_000} />”
        </Text>
      )}
      {refusal && (
        <div className={classes.why}>
          <TextInput
            label="Why not? The LLM reads it"
            value={refusal.reason}
            onChange={(event) => refuse(event.currentTarget.value)}
            description={gain.isOptional ? "The rest can be approved." : "The tool needs it, so the whole goes back."}
          />
        </div>
      )}
    </li>
  );
}

function Words({ gain: { kind, words, line }, jumpTo }: { gain: Gain; jumpTo: JumpTo }) {
  const Icon = ICONS[kind];
  return (
    <>
      <Icon size={16} aria-hidden="true" />
      <span className={`${classes.words} mono`}>
        <HostileText text={words} />
      </span>
      {line !== undefined && (
        <Button variant="subtle" onClick={() => jumpTo(line)}>
          Line {line}
        </Button>
      )}
    </>
  );
}
