import { Alert, Button, Group, Paper, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ChevronRight, Play } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { ArgumentForm } from "@/components/ArgumentForm";
import { argumentFields, argumentsOf } from "@/components/arguments";
import { functionAsked } from "@/components/entry";
import { FunctionChoice } from "@/components/FunctionChoice";
import type { Detail } from "./model";
import classes from "./Evidence.module.css";

/** Runs it in quarantine with the reader's own input; the run joins the evidence. */
export function TryIt({ detail: { review, version, offers } }: { detail: Detail }) {
  const [what, setWhat] = useState<Schema["Offered"]>();
  const fields = useMemo(() => argumentFields(what?.input_schema ?? version.content.input_schema), [version, what]);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [hasTried, setTried] = useState(false);
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly();
  const { values, errors } = argumentsOf(fields, typed);
  const run = api.useMutation("post", "/api/reviews/{id}/test", {
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === "/api/reviews/{id}" }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(errors).length === 0) run.mutate({ params: { path: { id: review.id } }, body: { ...functionAsked(what?.entry), arguments: values } });
  };
  const pressed = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.currentTarget.requestSubmit();
  };
  return (
    <Paper className={classes.try}>
      <details className={classes.run}>
        <summary className={classes.head}>
          <ChevronRight size={16} className={classes.chevron} aria-hidden="true" />
          Run it with your own input
        </summary>
        <form className={classes.form} onSubmit={submit} onKeyDown={pressed} noValidate>
          <FunctionChoice
            offers={offers}
            chosen={what}
            onChoose={(chosen) => {
              setWhat(chosen);
              setTyped({});
              setTried(false);
            }}
          />
          {fields.length === 0 && <Text c="dimmed">It takes no input.</Text>}
          <ArgumentForm fields={fields} typed={typed} errors={hasTried ? errors : {}} onType={(name, text) => setTyped((old) => ({ ...old, [name]: text }))} />
          <Group justify="space-between">
            <Text c="dimmed" size="sm" flex="1 1 240px">
              In the sandbox, without network beyond what is granted already. The run appears above.
            </Text>
            <Button type="submit" variant="default" leftSection={<Play size={16} aria-hidden="true" />} loading={run.isPending} disabled={whyNot !== undefined}>
              Run the test
            </Button>
          </Group>
          {run.isError && (
            <Alert color="bad" role="alert">
              {sentence(run.error)}
            </Alert>
          )}
          {run.isSuccess && (
            <Text role="status" c={run.data.succeeded ? "ok" : "bad"}>
              {run.data.succeeded ? "It succeeded; the run stands first above." : "It failed; the run stands first above."}
            </Text>
          )}
        </form>
      </details>
    </Paper>
  );
}
