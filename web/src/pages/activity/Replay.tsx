import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { functionAsked, functionWords } from "@/components/entry";
import type { Run } from "./runs";

interface Props {
  run: Run;
  isOpen: boolean;
  onClose: () => void;
  /** The new run, by its id. */
  onDone: (id: string) => void;
}

/** Runs a tool once more with the input it had. */
export function Replay({ isOpen, ...rest }: Props) {
  return (
    <Modal opened={isOpen} onClose={rest.onClose} title="Run again" size="lg">
      <Form {...rest} />
    </Modal>
  );
}

function Form({ run, onClose, onDone }: Omit<Props, "isOpen">) {
  const [text, setText] = useState(() => JSON.stringify(run.arguments, null, 2));
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly();
  const input = parsed(text);
  const what = functionWords(run.observed.entry)?.toLowerCase();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!input) return;
    setBusy(true);
    setError(undefined);
    try {
      onDone(await runAgain(run, input));
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text component="div">
          {run.profile === "live" ? "The version that is published now runs for real: it may send and change what it is allowed to." : "The newest version runs in quarantine, as a test."} {what && `The ${what} of `}
          <CodeName>{`${run.server_name}__${run.tool_name}`}</CodeName> gets this input:
        </Text>
        <Textarea label="Input, as JSON" value={text} onChange={(event) => setText(event.currentTarget.value)} autosize minRows={4} maxRows={16} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} error={input ? undefined : "This is no JSON object."} data-autofocus />
        {text.includes("[redacted]") && <Alert color="warn">What looked secret was not kept. Put it in where it says [redacted].</Alert>}
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        {whyNot && <Alert color="warn">{whyNot}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={!input || whyNot !== undefined}>
            Run
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The object a text of JSON says, if it is one. */
export function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function runAgain(run: Run, input: Record<string, unknown>): Promise<string> {
  const params = { path: { id: run.tool_id } };
  const what = functionAsked(run.observed.entry);
  if (run.profile === "live") {
    const { data } = await client.POST("/api/tools/{id}/call", { params, body: { ...what, arguments: input } });
    return data?.call_id ?? run.id;
  }
  // A test that had mocks and answers has them again: without, it would try the real network, and ask nobody.
  const { data } = await client.POST("/api/tools/{id}/test", { params, body: { ...what, arguments: input, http_mocks: run.trial?.http_mocks, answers: run.trial?.answers } });
  return data?.call_id ?? run.id;
}
