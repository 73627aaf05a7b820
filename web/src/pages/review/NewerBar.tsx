import { Alert, Button, Group, Text } from "@mantine/core";
import { RefreshCw } from "lucide-react";
import { useEffect, useRef } from "react";
import { DiffText } from "@/components/DiffText";
import { HostileText } from "@/components/HostileText";
import { upperFirst } from "@/components/numbers";
import { TimeAgo } from "@/components/TimeAgo";
import type { Decision } from "./decision";
import type { Shown, Since } from "./shown";

/** Says that something newer is there, and what changed since the reader looked. */
export function NewerBar({ shown: { detail, newer, since, hasTaken }, decision }: { shown: Shown; decision: Decision }) {
  if (newer) {
    return (
      <Alert color="warn" icon={<RefreshCw size={20} />} title="This review changed while you read it" role="alert">
        <Group justify="space-between">
          <Text>You still see what you opened. Nothing can be decided until you saw what changed.</Text>
          <Button variant="default" onClick={() => void decision.resolve()}>
            Show what changed
          </Button>
        </Group>
      </Alert>
    );
  }
  if (detail.review.state !== "open" || !(since || hasTaken)) return null;
  return <Changed key={detail.review.content_hash} since={since} takesFocus={hasTaken} />;
}

/** What is different to what the reader saw; the code is compared in its own section. */
function Changed({ since, takesFocus }: { since: Since | undefined; takesFocus: boolean }) {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) top.current?.focus();
  }, [takesFocus]);
  const { changes, seenAt } = since ?? {};
  const title = seenAt ? "What changed since you last read it" : "What changed since you looked";
  return (
    <Alert color="brand" icon={<RefreshCw size={20} />} title={title} tabIndex={-1} ref={top}>
      <Text>
        {changes ? <HostileText text={`${upperFirst(changes.sentence)}.`} limit={2_000} /> : "You have read what stands here now before, in another window."}
        {seenAt && (
          <>
            {" "}
            You read it <TimeAgo at={seenAt} />.
          </>
        )}
      </Text>
      {changes?.fields
        .filter(({ field }) => field !== "code")
        .map(({ field, diff }) => (
          <div key={field}>
            <Text fw={600} mt={12} mb={4}>
              {FIELDS[field]}
            </Text>
            <DiffText diff={diff} label={`How it changed: ${FIELDS[field]}`} />
          </div>
        ))}
    </Alert>
  );
}

type Field = Since["changes"]["fields"][number]["field"];

const FIELDS: Record<Field, string> = {
  purpose: "What approval is for",
  name: "Name",
  description: "Description",
  code: "Code",
  input_schema: "Parameters",
  output_schema: "Result",
  requested: "What it asks for",
  packages: "Packages",
};
