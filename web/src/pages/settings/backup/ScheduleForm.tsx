import { Alert, Button, Group, Paper, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Settings } from "@/api/settings";
import { useWhyReadOnly } from "@/api/status";
import { toast } from "@/components/toast";

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** How often backups are made by themselves, and how many stay. */
export function ScheduleForm({ settings, nextAt }: { settings: Settings; nextAt: string | undefined }) {
  const now = { is_on: settings.backup.is_on ?? false, every_hours: settings.backup.every_hours ?? 24, keep: settings.backup.keep ?? 7 };
  const [draft, setDraft] = useState(now);
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly("admin");
  const save = api.useMutation("put", "/api/settings", {
    onSuccess: (saved) => {
      queries.setQueryData(api.queryOptions("get", "/api/settings").queryKey, saved);
      toast("The schedule is saved.");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ body: { ...settings, backup: draft } });
  };
  const isChanged = JSON.stringify(draft) !== JSON.stringify(now);
  return (
    <Paper p="md" maw={560}>
      <form onSubmit={submit}>
        <Stack>
          <Switch label="Make backups by itself" checked={draft.is_on} onChange={(event) => setDraft({ ...draft, is_on: event.currentTarget.checked })} />
          <Group align="flex-start">
            <TextInput label="Hours from one to the next" type="number" inputMode="numeric" min={1} max={8_760} step={1} required value={Number.isNaN(draft.every_hours) ? "" : draft.every_hours} onChange={(event) => setDraft({ ...draft, every_hours: event.currentTarget.valueAsNumber })} />
            <TextInput label="How many are kept" type="number" inputMode="numeric" min={1} max={1_000} step={1} required value={Number.isNaN(draft.keep) ? "" : draft.keep} onChange={(event) => setDraft({ ...draft, keep: event.currentTarget.valueAsNumber })} />
          </Group>
          <Text c="dimmed" size="sm">
            {nextAt ? `The next one is due ${exact.format(new Date(nextAt))}.` : "The schedule is off."} The oldest beyond those that are kept go with each new one, also those made by hand.
          </Text>
          {save.isError && (
            <Alert color="bad" role="alert">
              {sentence(save.error)}
            </Alert>
          )}
          <Button type="submit" loading={save.isPending} disabled={!isChanged || whyNot !== undefined} style={{ alignSelf: "flex-start" }}>
            Save the schedule
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}
