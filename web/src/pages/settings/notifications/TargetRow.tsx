import { Alert, Badge, Button, Group, Stack, Switch, Text } from "@mantine/core";
import { Check, Pencil, Send, Trash2, X } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { More } from "@/components/More";
import { TimeAgo } from "@/components/TimeAgo";
import classes from "../SettingsPage.module.css";
import { KINDS, type Target, told } from "./kinds";

/** One place that is told, with its test button. */
export function TargetRow({ target, onChange }: { target: Target; onChange: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const whyNot = useWhyReadOnly("admin");
  const params = { path: { id: target.id } };
  const change = api.useMutation("patch", "/api/notifications/{id}");
  const remove = api.useMutation("delete", "/api/notifications/{id}");
  const test = api.useMutation("post", "/api/notifications/{id}/test");
  return (
    <Stack gap={8} className={classes.sentence} role="group" aria-label={target.name}>
      <Group justify="space-between" gap="xs">
        <Group gap={8}>
          <Text fw={500}>
            <HostileText text={target.name} limit={60} />
          </Text>
          <Badge color="gray">{KINDS[target.kind].label}</Badge>
          <CodeName>{target.host}</CodeName>
        </Group>
        <Group gap={8} wrap="nowrap">
          <Switch aria-label={`${target.name} is on`} checked={target.is_on} disabled={whyNot !== undefined || change.isPending} onChange={(event) => change.mutate({ params, body: { is_on: event.currentTarget.checked } })} size="md" />
          <Button variant="default" leftSection={<Send size={16} />} loading={test.isPending} disabled={whyNot !== undefined} onClick={() => test.mutate({ params })} aria-label={`Test ${target.name}`}>
            Test
          </Button>
          <More
            label={`More for ${target.name}`}
            isDisabled={whyNot !== undefined}
            items={[
              { label: "Change", icon: Pencil, run: onChange },
              { label: "Delete", icon: Trash2, isGrave: true, run: () => setAsking(true) },
            ]}
          />
        </Group>
      </Group>
      <Text size="sm" c="dimmed">
        {target.is_on ? "Told when: " : "Off. It would be told when: "}
        {told(target.events)}.
      </Text>
      <Last target={target} />
      {change.isError && <Alert color="bad">{sentence(change.error)}</Alert>}
      {test.isError && <Alert color="bad">{sentence(test.error)}</Alert>}
      {test.data && (
        <Alert color={test.data.succeeded ? "ok" : "bad"} icon={test.data.succeeded ? <Check size={18} /> : <X size={18} />} title={test.data.succeeded ? "The test arrived" : "The test did not arrive"} role="status">
          <HostileText text={test.data.said} limit={400} /> ({test.data.duration_ms.toLocaleString("en")} ms)
        </Alert>
      )}
      <ConfirmDialog isOpen={isAsking} onClose={() => setAsking(false)} title={`Delete ${target.name}?`} action="Delete" onConfirm={() => remove.mutateAsync({ params })}>
        Nothing is sent to <CodeName>{target.host}</CodeName> any more, and its address is erased.
      </ConfirmDialog>
    </Stack>
  );
}

const OUTCOMES = { delivered: "arrived", retrying: "could not be delivered yet", gave_up: "could not be delivered" };

/** How the last message went. */
function Last({ target: { last, is_on } }: { target: Target }) {
  if (!last) return <Text size="sm">Nothing had to be told yet.</Text>;
  const tries = last.attempts > 1 ? `, after ${last.attempts} attempts` : "";
  return (
    <Text size="sm" c={last.outcome === "delivered" ? undefined : "bad"} component="div">
      The last message {OUTCOMES[last.outcome]}
      {tries} (<TimeAgo at={last.at} />
      ). <HostileText text={last.said} limit={400} />
      {last.next_at && is_on && ` Next attempt: ${new Date(last.next_at).toLocaleTimeString()}.`}
    </Text>
  );
}
