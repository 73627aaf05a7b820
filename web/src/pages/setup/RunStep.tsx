import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { Check } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { HostileText } from "@/components/HostileText";
import classes from "./SampleStep.module.css";

const TOOL = "sample__word_count";

/** Calls the approved sample, and says how to ask for tools that are worth having. */
export function RunStep({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("My first tool runs in a jail of its own.");
  const run = api.useMutation("post", "/api/tools/{id}/call");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run.mutate({ params: { path: { id: TOOL } }, body: { arguments: { text } } });
  };
  const outcome = run.data;
  return (
    <form onSubmit={submit}>
      <Stack>
        <Textarea label="text" description="What to count." autosize minRows={2} maxRows={6} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {run.isError && (
          <Alert color="bad" role="alert">
            {sentence(run.error)}
          </Alert>
        )}
        {outcome && (
          <div role="status">
            {outcome.succeeded ? (
              <pre className={classes.code}>
                <HostileText text={JSON.stringify(outcome.value, null, 2)} />
              </pre>
            ) : (
              <Alert color="bad">
                <HostileText text={outcome.failure?.message ?? "The run failed."} />
              </Alert>
            )}
          </div>
        )}
        {outcome?.succeeded && (
          <Alert color="ok" icon={<Check size={18} />} title="That is the whole way">
            <Text>Now ask your LLM for something it cannot do yet, for instance: “Make a tool that tells me the weather in a city.” It writes the tool, tests it, and asks you here.</Text>
          </Alert>
        )}
        <Group justify="flex-end">
          <Button type="submit" variant={outcome?.succeeded ? "default" : "filled"} loading={run.isPending}>
            {outcome ? "Run again" : "Run"}
          </Button>
          {outcome?.succeeded && <Button onClick={onDone}>Finish</Button>}
        </Group>
      </Stack>
    </form>
  );
}
