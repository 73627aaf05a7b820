import { Alert, Button, Checkbox, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { Dialog } from "@/components/Dialog";
import { KeyField } from "./KeyField";
import { EVENTS, type Kind, KINDS, type NoticeEvent, type Target, USUAL } from "./kinds";

/** Adds a target or changes one. Address and key go to the server once and are kept nowhere in the page. */
export function TargetDialog({ opened, onClose }: { opened: Target | "new" | undefined; onClose: () => void }) {
  return (
    <Dialog opened={opened !== undefined} onClose={onClose} title={opened === "new" ? "Add a notification" : "Change the notification"} keepMounted={false}>
      {opened && <Form target={opened === "new" ? undefined : opened} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ target, onClose }: { target: Target | undefined; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>(target?.kind ?? "ntfy");
  const [name, setName] = useState(target?.name ?? "");
  const [url, setUrl] = useState("");
  const [key, setKey] = useState("");
  const [events, setEvents] = useState<NoticeEvent[]>(target?.events ?? USUAL);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly("admin");
  const { label, about, placeholder } = KINDS[kind];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const secrets = { ...(url && { url }), ...(key && { key }) };
    try {
      if (target) await client.PATCH("/api/notifications/{id}", { params: { path: { id: target.id } }, body: { name, events, ...secrets } });
      else await client.POST("/api/notifications", { body: { name, kind, url, events, ...(key && { key }) } });
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const choose = (next: string) => {
    setKind(next as Kind);
    setKey("");
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        {!target && <SegmentedControl fullWidth aria-label="Service" data={Object.entries(KINDS).map(([value, words]) => ({ value, label: words.label }))} value={kind} onChange={choose} />}
        <Text c="dimmed">{about}</Text>
        <TextInput label="Name" description="How this page and the audit call it." value={name} onChange={(event) => setName(event.currentTarget.value)} placeholder={`${label} of the team`} maxLength={60} autoComplete="off" required data-autofocus />
        <PasswordInput
          label={target ? "New address" : "Address"}
          description={target ? `Now at ${target.host}. Leave it empty to keep it; with a new one, give the ${kind === "ntfy" ? "token" : "secret"} again if there is one.` : "Who knows it can write there: it is kept encrypted and not shown again."}
          placeholder={placeholder}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          required={!target}
        />
        {url.startsWith("http://") && <Alert color="warn" role="note">Plain http: everybody on the way can read this address and what is sent. Fine at home, not elsewhere.</Alert>}
        <KeyField kind={kind} value={key} onChange={setKey} hasKey={target?.has_key ?? false} />
        <Checkbox.Group label="Tell it when" value={events} onChange={(next) => setEvents(next as NoticeEvent[])}>
          <Stack gap={8} mt={8}>
            {Object.entries(EVENTS).map(([value, words]) => (
              <Checkbox key={value} value={value} label={words} />
            ))}
          </Stack>
        </Checkbox.Group>
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={!name.trim() || (!target && !url) || events.length === 0 || whyNot !== undefined}>
            {target ? "Save" : "Add"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
