import { Alert, Button, Group, Paper, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Settings } from "@/api/settings";
import { useWhyReadOnly } from "@/api/status";
import { Section } from "@/components/Section";
import { toast } from "@/components/toast";
import { complaint, type Draft, merged, NUMBERS, type NumberField } from "./draft";
import { RetentionEffect } from "./RetentionEffect";
import { RoomEffect } from "./RoomEffect";
import classes from "./SettingsPage.module.css";

/** The settings as sentences; nothing changes before it is saved. */
export function SettingsForm({ settings }: { settings: Settings }) {
  const [draft, setDraft] = useState<Draft>({});
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly("admin");
  const save = api.useMutation("put", "/api/settings", {
    onSuccess: (saved) => {
      queries.setQueryData(api.queryOptions("get", "/api/settings").queryKey, saved);
      setDraft({});
      toast("The settings are saved.");
    },
  });
  const set = (change: Draft) => setDraft((old) => ({ ...old, ...change }));
  const wrong = (Object.keys(NUMBERS) as NumberField[]).filter((field) => draft[field] !== undefined && complaint(field, draft[field]) !== undefined);
  const next = wrong.length === 0 ? merged(settings, draft) : settings;
  const isChanged = wrong.length > 0 || JSON.stringify(next) !== JSON.stringify(merged(settings, {}));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ body: next });
  };
  const number = (field: NumberField, label: string, unit: string) => {
    const text = draft[field] ?? String(NUMBERS[field].of(settings));
    return <NumberPart label={label} unit={unit} text={text} error={complaint(field, text)} onChange={(value) => set({ [field]: value })} />;
  };
  const testing = draft.draft_testing ?? settings.draft_testing;
  const deletes = draft.remote_delete ?? settings.remote_delete;
  const runs = draft.code_mode ?? settings.code_mode;
  const days = draft.log_retention_days ?? String(settings.log_retention_days);
  return (
    <form onSubmit={submit}>
      <Section title="What your LLM may do">
        <Paper>
          <Sentence effect={testing === "after_approval" ? "Nothing it wrote runs before a human approved it; reviews come without test runs." : "Drafts run in a jail with no secret and no network but what you granted. You see in the review what they did."}>
            It may test its drafts{" "}
            <Choice label="When drafts may be tested" value={testing} data={[{ value: "quarantine", label: "before approval" }, { value: "after_approval", label: "only after approval" }]} onChange={(value) => set({ draft_testing: value as Settings["draft_testing"] })} />
          </Sentence>
          <Sentence effect={deletes ? "What it deletes is gone, with its versions. Runs and audit stay." : "Only a human can delete, in this page or with the command line."}>
            It{" "}
            <Choice label="Whether it may delete" value={deletes ? "may" : "may not"} data={["may", "may not"]} onChange={(value) => set({ remote_delete: value === "may" })} /> delete servers and tools
          </Sentence>
          <Sentence effect={runs ? "It may join several approved tools in one run. Each call in it counts, and is logged, as if made alone." : "Each tool is called by itself."}>
            It{" "}
            <Choice label="Whether it may run code" value={runs ? "may" : "may not"} data={["may", "may not"]} onChange={(value) => set({ code_mode: value === "may" })} /> run code that calls published tools
          </Sentence>
          <Sentence effect="More are refused until some are decided, so that no client floods you.">Each client may have {number("open_requests_per_client", "Open requests of a client", "open requests")} at a time</Sentence>
        </Paper>
      </Section>
      <Section title="Limits of one call">
        <Paper>
          <Sentence effect="For servers made from now on; each server keeps its own limits, and they can be changed there.">
            A call may take {number("timeout_s", "Longest time of a call, seconds", "seconds")}, compute {number("cpu_s", "Longest computing time, seconds", "seconds")} and use {number("memory_mib", "Most memory, MiB", "MiB")} of memory
          </Sentence>
        </Paper>
      </Section>
      <Section title="What is kept">
        <Paper>
          <Sentence effect={<RetentionEffect days={complaint("log_retention_days", days) ? undefined : Number(days)} />}>Runs are kept for {number("log_retention_days", "Days that runs are kept", "days")}, the audit for ever</Sentence>
          <Sentence effect="The oldest go first, also before their days are over.">The runs of one tool take at most {number("runs_mb_per_tool", "Room for the runs of a tool, MB", "MB")}</Sentence>
          <Sentence effect="Older ones go, but none that is live, was live in these days, waits in a review or is what revoking would go back to.">Of each tool the newest {number("versions_kept", "Versions of a tool that are kept", "versions")} are kept</Sentence>
          <Sentence effect={<RoomEffect />}>With less than {number("reserve_mb", "Free room kept for admins, MB", "MB")} free on the disk, only humans can change anything</Sentence>
        </Paper>
      </Section>
      {save.isError && (
        <Alert color="bad" role="alert" mb="md">
          {sentence(save.error)}
        </Alert>
      )}
      {isChanged && (
        <Group className={classes.bar} role="region" aria-label="Unsaved changes">
          <Text>{whyNot ?? (wrong.length > 0 ? "Something does not fit yet." : "Not saved yet.")}</Text>
          <Group gap="xs">
            <Button variant="default" onClick={() => setDraft({})}>
              Discard
            </Button>
            <Button type="submit" loading={save.isPending} disabled={wrong.length > 0 || whyNot !== undefined}>
              Save
            </Button>
          </Group>
        </Group>
      )}
    </form>
  );
}

/** A setting as people say it, and below what it means as it stands. */
export function Sentence({ children, effect }: { children: ReactNode; effect: ReactNode }) {
  return (
    <Stack gap={6} className={classes.sentence}>
      <div className={classes.words}>{children}</div>
      <Text c="dimmed" size="sm" component="div">
        {effect}
      </Text>
    </Stack>
  );
}

function Choice({ label, value, data, onChange }: { label: string; value: string; data: (string | { value: string; label: string })[]; onChange: (value: string) => void }) {
  return <SegmentedControl aria-label={label} data={data} value={value} onChange={onChange} />;
}

function NumberPart({ label, unit, text, error, onChange }: { label: string; unit: string; text: string; error: string | undefined; onChange: (text: string) => void }) {
  return (
    <>
      <TextInput aria-label={label} className={classes.number} inputMode="decimal" value={text} error={error} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" maxLength={8} />
      {unit}
    </>
  );
}
