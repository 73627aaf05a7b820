import { Alert, Box, Button, Group, Paper, Stack, Switch, Text, Textarea } from "@mantine/core";
import { Play } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { functionAsked } from "@/components/entry";
import { FunctionChoice } from "@/components/FunctionChoice";
import { RunEffects, RunOutcome } from "@/components/RunOutcome";
import { liveVersion } from "../queries";
import { fieldsOf, initial, jsonOf, toArguments, type Values } from "./schemaForm";
import { SchemaField } from "./SchemaField";

interface Props {
  tool: Schema["ToolDetail"];
}

/** Runs a tool: the live version for real, or a draft in quarantine. */
export function RunForm({ tool }: Props) {
  const [what, setWhat] = useState<Schema["Offered"]>();
  const offers = tool.offers ?? [];
  return (
    <Paper p="md">
      {offers.length > 0 && (
        <Box mb="md">
          <FunctionChoice offers={offers} chosen={what} onChoose={setWhat} />
        </Box>
      )}
      <Form key={what?.name} tool={tool} what={what} />
    </Paper>
  );
}

/** The input of one function, and what came of it. */
function Form({ tool, what }: Props & { what: Schema["Offered"] | undefined }) {
  const isLive = tool.published;
  const version = (isLive && liveVersion(tool)) || tool.newest;
  const fields = useMemo(() => fieldsOf(what?.input_schema ?? version.content.input_schema), [version, what]);
  const [values, setValues] = useState<Values>(() => initial(fields ?? []));
  const [raw, setRaw] = useState<string | undefined>(fields ? undefined : "{}");
  const [wasSent, setSent] = useState(false);
  const run = useRun(tool, isLive, what);
  const whyNot = useWhyReadOnly();
  const parsed = toArguments(fields ?? [], values);
  const rawParsed = raw === undefined ? undefined : jsonOf(raw);
  const rawError = rawParsed?.error ?? (rawParsed && !isObject(rawParsed.value) ? "An object with the arguments: {…}." : undefined);
  const toggle = () => {
    if (raw === undefined) return setRaw(JSON.stringify(parsed.arguments, null, 2));
    if (!rawError && fields) {
      setValues(initial(fields, rawParsed?.value as Record<string, unknown>));
      setRaw(undefined);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (raw !== undefined ? rawError : Object.keys(parsed.errors).length > 0) return;
    run.start((raw !== undefined ? rawParsed?.value : parsed.arguments) as Record<string, unknown>);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Group justify="space-between">
          <Text c="dimmed">
            {isLive ? "Runs for real, with what it was granted. It stands in the log under your name." : `Runs version ${version.number} in quarantine: it reaches nothing that was not granted.`}
          </Text>
          {fields && fields.length > 0 && <Switch label="Raw JSON" checked={raw !== undefined} onChange={toggle} disabled={raw !== undefined && rawError !== undefined} />}
        </Group>
        {raw === undefined ? (
          fields?.map((field) => (
            <SchemaField key={field.name} field={field} value={values[field.name]} error={wasSent ? parsed.errors[field.name] : undefined} onChange={(value) => setValues((known) => ({ ...known, [field.name]: value }))} />
          ))
        ) : (
          <Textarea label="Arguments" description="As a JSON object." autosize minRows={4} maxRows={20} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} value={raw} error={rawError} onChange={(event) => setRaw(event.currentTarget.value)} />
        )}
        {fields?.length === 0 && <Text>It takes no arguments.</Text>}
        <Group>
          <Button type="submit" leftSection={<Play size={16} />} loading={run.isPending} disabled={whyNot !== undefined} title={whyNot}>
            {isLive ? "Run" : "Test"}
          </Button>
        </Group>
        {run.error && (
          <Alert color="bad" role="alert">
            {sentence(run.error)}
          </Alert>
        )}
      </Stack>
      <div role="status">{run.outcome && <Outcome outcome={run.outcome} />}</div>
    </form>
  );
}

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

type Result = Pick<Schema["CallResult"], "call_id" | "succeeded" | "value" | "content" | "structured" | "failure">;

/** A call or a test, alike. */
function useRun(tool: Schema["ToolDetail"], isLive: boolean, what: Schema["Offered"] | undefined) {
  const call = api.useMutation("post", "/api/tools/{id}/call");
  const test = api.useMutation("post", "/api/tools/{id}/test");
  const params = { path: { id: tool.id } };
  const outcome: Result | undefined = isLive ? call.data : test.data && { ...test.data, value: test.data.result };
  return {
    start: (given: Record<string, unknown>) => {
      const body = { ...functionAsked(what?.entry), arguments: given };
      return isLive ? call.mutate({ params, body }) : test.mutate({ params, body });
    },
    isPending: call.isPending || test.isPending,
    error: isLive ? call.error : test.error,
    outcome,
  };
}

function Outcome({ outcome }: { outcome: Result }) {
  const { data: record } = api.useQuery("get", "/api/calls/{id}", { params: { path: { id: outcome.call_id } } }, { retry: false });
  return (
    <Stack gap="sm" mt="md">
      <RunOutcome {...outcome} />
      {record && <RunEffects observed={record.observed} stdout={record.stdout} />}
    </Stack>
  );
}
