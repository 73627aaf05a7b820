import { Alert, Stack, Text } from "@mantine/core";
import { Check, X } from "lucide-react";
import type { Schema } from "@/api/client";
import { HostileText } from "./HostileText";
import { bytes } from "./numbers";
import classes from "./RunOutcome.module.css";
import { blocks, observedSentence } from "./run";
import { duration } from "./time";

/** A text of a run, in a frame. */
function RunText({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <Text size="sm" c="dimmed" mb={4}>
        {label}
      </Text>
      <pre className={classes.text} tabIndex={0} role="group" aria-label={label}>
        <HostileText text={text} />
      </pre>
    </div>
  );
}

const json = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

interface Props {
  succeeded: boolean;
  value: unknown;
  content: readonly unknown[];
  structured?: unknown;
  failure?: Schema["Failure"] | null;
}

/** What came of a run: its value, its content, or why it failed. */
export function RunOutcome({ succeeded, value, content, structured, failure }: Props) {
  if (!succeeded) return <FailureView failure={failure} />;
  return (
    <Stack gap="sm">
      {blocks(content).map((block, index) =>
        block.kind === "image" ? (
          <img key={index} src={block.source} alt={`Image ${index + 1} of the result`} className={classes.image} />
        ) : (
          <RunText key={index} label={block.kind === "text" ? "Text" : "Other content"} text={block.kind === "text" ? block.text : block.what} />
        ),
      )}
      {content.length === 0 && value !== undefined && <RunText label={typeof value === "string" ? "Text" : "Result"} text={json(value)} />}
      {structured !== undefined && structured !== null && content.length > 0 && <RunText label="Structured" text={json(structured)} />}
    </Stack>
  );
}

/** Why a run failed, and how to mend it. */
function FailureView({ failure }: { failure?: Schema["Failure"] | null }) {
  return (
    <Stack gap="sm">
      <Alert color="bad" icon={<X size={18} />} title={failure ? failure.kind.replaceAll("_", " ") : "The run failed"}>
        <HostileText text={failure?.message ?? "Nothing more is known."} limit={4_000} />
        {failure?.line && (
          <Text inherit mt={6} className="mono">
            line {failure.line}: <HostileText text={failure.snippet ?? ""} limit={500} />
          </Text>
        )}
        {failure?.hint && (
          <Text inherit mt={6}>
            <HostileText text={failure.hint} limit={2_000} />
          </Text>
        )}
      </Alert>
      {failure?.traceback && <RunText label="Traceback" text={failure.traceback} />}
    </Stack>
  );
}

/** How long it took and what it did. */
export function RunEffects({ observed, stdout }: Pick<Schema["CallRecord"], "observed" | "stdout">) {
  const denied = observed.hosts.filter(({ outcome }) => outcome === "denied");
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        <Check size={13} aria-hidden="true" style={{ verticalAlign: -2 }} /> {duration(observed.duration_us / 1_000)}, {bytes(observed.peak_memory_bytes)} of memory. <HostileText text={observedSentence(observed)} limit={1_000} />
      </Text>
      {denied.length > 0 && (
        <Alert color="warn" title="Blocked">
          {denied.map(({ method, host, port, detail }, index) => (
            <div key={index}>
              <span className="mono">
                {method} <HostileText text={host} limit={300} />:{port}
              </span>{" "}
              <HostileText text={detail} limit={300} />
            </div>
          ))}
        </Alert>
      )}
      {stdout && <RunText label="Printed" text={stdout} />}
    </Stack>
  );
}
