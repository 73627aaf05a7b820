import { Alert, Button, Group, Paper, SegmentedControl, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { counted, bytes } from "@/components/numbers";
import { Section } from "@/components/Section";
import { wouldBreak } from "@/components/run";
import { duration } from "@/components/time";
import { useServer } from "../queries";
import { LIMITS, limitTexts, parseLimits, whyNoLimit } from "./limits";
import { StopDialog } from "./ServerRoute";

type Server = ReturnType<typeof useServer>;

/** Limits, rules, and the end of a server. */
export function ServerSettings() {
  const server = useServer();
  return (
    <>
      <About key={server.description} server={server} />
      <LimitsForm key={JSON.stringify(server.limits)} server={server} />
      <CodeRules server={server} />
      <Danger server={server} />
    </>
  );
}

function useChange(server: Server) {
  const change = api.useMutation("patch", "/api/servers/{id}");
  const save = (body: Schema["ServerChange"]) => change.mutate({ params: { path: { id: server.id } }, body });
  return { ...change, save };
}

function Refusal({ error }: { error: unknown }) {
  return (
    <Alert color="bad" role="alert">
      {sentence(error)}
    </Alert>
  );
}

function About({ server }: { server: Server }) {
  const [text, setText] = useState(server.description);
  const change = useChange(server);
  const whyNot = useWhyReadOnly("admin");
  return (
    <Section title="What it is for">
      <Paper p="md">
        <Stack>
          <Textarea label="Description" description="Clients read it and choose tools by it." autosize minRows={2} maxRows={8} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          {change.isError && <Refusal error={change.error} />}
          <Group justify="flex-end">
            <Button variant="default" disabled={text === server.description || whyNot !== undefined} loading={change.isPending} onClick={() => change.save({ description: text })}>
              Save the description
            </Button>
          </Group>
        </Stack>
      </Paper>
    </Section>
  );
}

function LimitsForm({ server }: { server: Server }) {
  const [texts, setTexts] = useState(() => limitTexts(server.limits));
  const { data: runs } = api.useSuspenseQuery("get", "/api/calls", { params: { query: { server: server.id, profile: "live", page_size: 100 } } });
  const change = useChange(server);
  const whyNot = useWhyReadOnly("admin");
  const limits = parseLimits(texts);
  const isSame = limits !== undefined && LIMITS.every(({ key }) => limits[key] === server.limits[key]);
  return (
    <Section title="Limits of a call">
      <Paper p="md">
        <Stack>
          <Text>{limitsSentence(server.limits)}</Text>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 5 }} spacing="sm">
            {LIMITS.map((field) => (
              <TextInput
                key={field.key}
                label={field.label}
                description={field.unit}
                inputMode="decimal"
                autoComplete="off"
                value={texts[field.key]}
                error={whyNoLimit(field, texts[field.key])}
                onChange={(event) => setTexts({ ...texts, [field.key]: event.currentTarget.value })}
              />
            ))}
          </SimpleGrid>
          {limits && <Text c="dimmed">{effect(runs.items, limits)}</Text>}
          {change.isError && <Refusal error={change.error} />}
          <Group justify="flex-end">
            <Button variant="default" disabled={!limits || isSame || whyNot !== undefined} loading={change.isPending} onClick={() => limits && change.save({ limits })}>
              Save the limits
            </Button>
          </Group>
        </Stack>
      </Paper>
    </Section>
  );
}

/** The limits in force as people say it. */
function limitsSentence(limits: Schema["Limits"]): string {
  return `A call is ended after ${seconds(limits.timeout_ms)}, or after ${seconds(limits.cpu_ms)} of computing, or when it wants more than ${bytes(limits.memory_bytes)} of memory. It returns at most ${bytes(limits.result_bytes)} and prints at most ${bytes(limits.stdout_bytes)}.`;
}

const seconds = (ms: number): string => counted(ms / 1_000, "second");

/** What limits would have meant for the latest runs. */
export function effect(runs: readonly Schema["CallRecord"][], limits: Schema["Limits"]): string {
  if (runs.length === 0) return "Nothing ran here yet, so there is nothing to compare them with.";
  const broken = wouldBreak(runs, limits).length;
  const longest = Math.max(...runs.map(({ observed }) => observed.duration_us)) / 1_000;
  const largest = Math.max(...runs.map(({ observed }) => observed.peak_memory_bytes));
  const most = `The longest of the last ${counted(runs.length, "call")} took ${duration(longest)}, the largest ${bytes(largest)} of memory.`;
  return broken === 0 ? `${most} None of them would have been ended by these limits.` : `${most} ${counted(broken, "call")} of them would have been ended by these limits.`;
}

const RULES: Record<Schema["CodePolicy"], string> = {
  strict: "Strict rules: code that reaches for interpreter internals, files or processes is refused when it is written. Modules such as os, sys and subprocess cannot be granted.",
  standard: "Standard rules: ordinary Python is accepted, and you may grant modules such as os or subprocess. The jail stays the wall: still no file, host or secret without your grant.",
};

function CodeRules({ server }: { server: Server }) {
  const [asked, setAsked] = useState<Schema["CodePolicy"]>();
  const whyNot = useWhyReadOnly("admin");
  return (
    <Section title="Rules for the code">
      <Paper p="md">
        <Stack align="flex-start">
          <Text>{RULES[server.code_policy]}</Text>
          <SegmentedControl
            aria-label="Rules for the code"
            disabled={whyNot !== undefined}
            data={[
              { value: "strict", label: "Strict" },
              { value: "standard", label: "Standard" },
            ]}
            value={server.code_policy}
            onChange={(next) => setAsked(next as Schema["CodePolicy"])}
          />
        </Stack>
      </Paper>
      <ConfirmDialog
        isOpen={asked !== undefined && asked !== server.code_policy}
        onClose={() => setAsked(undefined)}
        title={`Change the rules of ${server.name}?`}
        action={asked === "standard" ? "Loosen the rules" : "Tighten the rules"}
        tone={asked === "standard" ? "bad" : "brand"}
        onConfirm={() => client.PATCH("/api/servers/{id}", { params: { path: { id: server.id } }, body: { code_policy: asked } })}
      >
        {RULES[asked ?? server.code_policy]} It counts for all its tools from now on.
      </ConfirmDialog>
    </Section>
  );
}

function Danger({ server }: { server: Server }) {
  const [asks, ask] = useState<"stop" | "delete">();
  const navigate = useNavigate();
  const whyNot = useWhyReadOnly("admin");
  const done = () => ask(undefined);
  const remove = async () => {
    await client.DELETE("/api/servers/{id}", { params: { path: { id: server.id } } });
    await navigate({ to: "/servers" });
  };
  return (
    <Section title="Danger zone">
      <Paper p="md" style={{ borderColor: "var(--bad)" }}>
        <Stack>
          {server.status === "running" && (
            <Group justify="space-between">
              <Text maw={520}>Stop it: clients lose its tools until you start it again.</Text>
              <Button variant="outline" color="bad" disabled={whyNot !== undefined} onClick={() => ask("stop")}>
                Stop the server
              </Button>
            </Group>
          )}
          <Group justify="space-between">
            <Text maw={520}>Delete it, with all its tools, their versions, grants and secrets. The log of runs and the audit log stay.</Text>
            <Button variant="outline" color="bad" disabled={whyNot !== undefined} onClick={() => ask("delete")}>
              Delete the server
            </Button>
          </Group>
        </Stack>
      </Paper>
      <StopDialog server={server} isOpen={asks === "stop"} onClose={done} />
      <ConfirmDialog isOpen={asks === "delete"} onClose={done} title={`Delete ${server.name}?`} action="Delete the server" typed={server.name} onConfirm={remove}>
        {counted(server.tools, "tool")} with all versions, {counted(server.secrets.length, "secret")} with {server.secrets.length === 1 ? "its value" : "their values"}, and all grants are gone for good.{" "}
        {server.published.length > 0 && `Clients lose ${counted(server.published.length, "published tool")} at once. `}
        This cannot be undone.
      </ConfirmDialog>
    </Section>
  );
}
