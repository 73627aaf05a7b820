import { Paper, Text } from "@mantine/core";
import { ShieldCheck } from "lucide-react";
import { HostileText } from "@/components/HostileText";
import { upperFirst } from "@/components/numbers";
import { Section } from "@/components/Section";
import classes from "./Consequence.module.css";
import type { Decision } from "./decision";
import { ExistingGrants, NewGrants } from "./Gains";
import type { JumpTo } from "./jump";
import type { Detail } from "./model";

interface Props {
  detail: Detail;
  decision: Decision;
  jumpTo: JumpTo;
}

/** What approval does, in a sentence, and each thing that it newly allows with the line that shows the need. */
export function Consequence({ detail, decision, jumpTo }: Props) {
  const { review, newly, reasons, identical_to: same, grants } = detail;
  const isOpen = review.state === "open";
  return (
    <Section title={isOpen ? "The consequence" : "What was asked for"}>
      <Paper className={classes.card}>
        <Text component="p" m={0} className={classes.sentence}>
          <Sentence text={newly.sentence} />
        </Text>
        <Text component="p" m={0} mt={4} c="dimmed">
          <HostileText text={detail.consequence} />
        </Text>
        {reasons.length > 0 && (
          <ul className={classes.reasons} aria-label="Why the risk is what it is">
            {reasons.map((reason) => (
              <li key={reason}>
                <HostileText text={upperFirst(reason)} limit={500} />
              </li>
            ))}
          </ul>
        )}
        {same && (
          <Text mt={8} c="ok">
            <ShieldCheck size={16} aria-hidden="true" style={{ verticalAlign: "-3px", marginRight: 6 }} />
            <HostileText text={same.sentence} />
          </Text>
        )}
        {grants.new.length > 0 && <NewGrants detail={detail} decision={decision} jumpTo={jumpTo} isOpen={isOpen} />}
        {grants.existing.length > 0 && <ExistingGrants grants={grants.existing} jumpTo={jumpTo} />}
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
