import { Alert, Anchor, Badge, Group, Paper, Skeleton, Stack, Switch, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Settings } from "@/api/settings";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Dialog } from "@/components/Dialog";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { Section } from "@/components/Section";
import { TimeAgo } from "@/components/TimeAgo";
import classes from "./SettingsPage.module.css";

type RuleName = Schema["Rule"];
type RulePreview = Schema["RulePreview"];

const RULES: Record<RuleName, { label: string; more: string }> = {
  pure_compute: { label: "Approve updates that only compute", more: "No host, secret or package within reach, no finding above a notice, a passing test of exactly this version, every example as before." },
  granted_get: { label: "Approve updates that only read hosts you granted", more: "Only GET, only hosts granted already, and everything else as for pure computing." },
  identical: { label: "Approve what you approved before", more: "The same content as a version of this tool that a human approved, and nothing newly granted." },
};

/** Rules that may approve without a human, each with what it would have done lately. */
export function Rules({ settings }: { settings: Settings }) {
  const { data: preview, error } = api.useQuery("get", "/api/policy/preview", { params: { query: { days: 30 } } });
  return (
    <Section title="What may be approved without you">
      <Text c="dimmed" mb={8}>
        All rules are off unless you switch them on. None of them grants anything new; whatever no rule covers waits for you.
      </Text>
      {error !== null && <Alert color="bad">{sentence(error)}</Alert>}
      <Paper>
        {(Object.keys(RULES) as RuleName[]).map((rule) => (
          <Rule key={rule} rule={rule} settings={settings} preview={preview?.rules.find((each) => each.rule === rule)} seen={preview?.reviews} />
        ))}
      </Paper>
    </Section>
  );
}

function Rule({ rule, settings, preview, seen }: { rule: RuleName; settings: Settings; preview: RulePreview | undefined; seen: number | undefined }) {
  const [isAsking, setAsking] = useState(false);
  const [isShown, setShown] = useState(false);
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly("admin");
  const { label, more } = RULES[rule];
  const isOn = settings.auto_approval[rule];
  const save = api.useMutation("put", "/api/settings", { onSuccess: (saved) => queries.setQueryData(api.queryOptions("get", "/api/settings").queryKey, saved) });
  const change = (on: boolean) => {
    const body: Settings = { ...settings, auto_approval: { ...settings.auto_approval, [rule]: on } };
    return save.mutateAsync({ body });
  };
  return (
    <Stack gap={6} className={classes.sentence}>
      <Switch label={label} description={more} checked={isOn} disabled={whyNot !== undefined || save.isPending} onChange={(event) => (event.currentTarget.checked ? setAsking(true) : void change(false).catch(() => undefined))} size="md" />
      {save.isError && !isAsking && <Alert color="bad">{sentence(save.error)}</Alert>}
      {preview ? (
        <Group gap={12}>
          <Text size="sm">{effect(preview, seen ?? 0)}</Text>
          {preview.reviews.length > 0 && (
            <Anchor component="button" type="button" size="sm" mih={32} onClick={() => setShown(true)}>
              Show them
            </Anchor>
          )}
        </Group>
      ) : (
        <Skeleton height={20} width={320} maw="100%" />
      )}
      <ConfirmDialog isOpen={isAsking} onClose={() => setAsking(false)} title={`${label}?`} action="Switch it on" tone="brand" onConfirm={() => change(true)}>
        <Stack gap="xs">
          <Text>{more}</Text>
          {preview && <Text>{effect(preview, seen ?? 0)}</Text>}
          <Text>Each approval by a rule is in the audit with all the rule looked at, and is revoked with one click.</Text>
        </Stack>
      </ConfirmDialog>
      <Dialog opened={isShown} onClose={() => setShown(false)} title={label} size="lg">
        {preview && <Previewed preview={preview} />}
      </Dialog>
    </Stack>
  );
}

/** What a rule would have done, in a sentence. */
export function effect({ would_approve, against_a_human }: Pick<RulePreview, "would_approve" | "against_a_human">, seen: number): string {
  if (seen === 0) return "There was no review in the last 30 days to try it on.";
  const would = `Of ${counted(seen, "review")} in the last 30 days it would have approved ${would_approve === 0 ? "none" : would_approve}`;
  if (would_approve === 0) return `${would}.`;
  return against_a_human === 0 ? `${would}, none against a human.` : `${would}, ${against_a_human} of them against a human's decision.`;
}

const SHOWN = 50;

function Previewed({ preview }: { preview: RulePreview }) {
  return (
    <Stack gap="md">
      {preview.reviews.slice(0, SHOWN).map(({ review_id, tool, version, created_at, would_approve, because }) => (
        <div key={review_id}>
          <Group gap={8}>
            <Badge color={would_approve ? "ok" : "gray"}>{would_approve ? "Would approve" : "Waits for you"}</Badge>
            <CodeName>{tool}</CodeName>
            <Text span size="sm" c="dimmed">
              version {version}, <TimeAgo at={created_at} />
            </Text>
          </Group>
          {because.length > 0 && (
            <ul className={classes.because}>
              {because.map((reason) => (
                <li key={reason}>
                  <HostileText text={reason} limit={300} />
                </li>
              ))}
            </ul>
          )}
        </div>
      ))}
    </Stack>
  );
}
