import { Alert, Text } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import type { Schema } from "@/api/client";
import { HostileText } from "@/components/HostileText";
import classes from "./RunDrawer.module.css";

/** Why a run failed, where, and what mends it. */
export function FailureAlert({ failure: { kind, message, line, snippet, traceback, hint } }: { failure: Schema["Failure"] }) {
  const where = line ? ` in line ${line}` : "";
  return (
    <Alert color="bad" icon={<CircleAlert size={20} />} title={`${KINDS[kind] ?? kind}${where}`}>
      <Text component="div" style={{ maxHeight: 240, overflowY: "auto" }} tabIndex={0} role="region" aria-label="What happened">
        <HostileText text={message} limit={4_000} />
      </Text>
      {snippet && (
        <pre className={classes.value} style={{ marginTop: 12 }} tabIndex={0} role="region" aria-label={`Line ${line ?? ""} of the code`}>
          <span style={{ color: "var(--dim)", userSelect: "none" }}>{line} </span>
          <HostileText text={snippet} limit={2_000} />
        </pre>
      )}
      {hint && (
        <Text mt={8} component="div">
          <HostileText text={hint} limit={2_000} />
        </Text>
      )}
      {traceback && (
        <details style={{ marginTop: 8 }}>
          <summary style={{ cursor: "pointer", minHeight: 24 }}>Traceback</summary>
          <pre className={classes.value} tabIndex={0} role="region" aria-label="Traceback">
            <HostileText text={traceback} />
          </pre>
        </details>
      )}
    </Alert>
  );
}

const KINDS: Record<Schema["FailureKind"], string> = {
  syntax: "The code is no valid Python",
  import_denied: "An import was refused",
  host_denied: "A host was refused",
  secret_missing: "A secret is missing",
  invalid_arguments: "The input does not fit",
  timeout: "It took too long",
  memory: "It needed too much memory",
  cpu: "It computed too long",
  output_too_large: "The output is too large",
  exception: "The code raised an error",
  cannot_ask: "The user could not be asked",
  asked: "It asked the user, and runs again with the answer",
  not_live: "No version is published",
  not_found: "Not found",
  conflict: "Something stood in the way",
  forbidden: "Not allowed",
  rate_limited: "Called too often",
  limit_reached: "As much as there may be",
  storage_full: "No room on the disk",
  unavailable: "The sandbox was not available",
  cancelled: "The client cancelled it",
};
