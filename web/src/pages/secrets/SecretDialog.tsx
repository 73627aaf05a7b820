import { Alert, Button, Checkbox, Group, NativeSelect, PasswordInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { hostAddress } from "@/components/capability";
import { Dialog } from "@/components/Dialog";
import { HostileText } from "@/components/HostileText";
import { hostsOf, Terms } from "./Terms";

/** What is known of the secret before it is set. */
export interface SecretDraft {
  server: string;
  /** Absent for a new one. */
  key?: string;
  description: string;
  hosts: Schema["HostRule"][];
  mode: Schema["SecretMode"];
  has_value: boolean;
}

interface Props {
  secret: SecretDraft;
  /** Servers to choose from, for a new secret that may belong to any. */
  servers?: readonly string[];
  onClose: () => void;
}

/** Sets or rotates a value. What is typed goes to the server once; it is kept nowhere in the page. */
export default function SecretDialog({ secret, servers, onClose }: Props) {
  const title = !secret.key ? "New secret" : secret.has_value ? `Rotate ${secret.key}` : `Set ${secret.key}`;
  return (
    <Dialog opened onClose={onClose} title={<span className={secret.key ? "mono" : undefined}>{title}</span>}>
      <Form secret={secret} servers={servers} onClose={onClose} />
    </Dialog>
  );
}

const KEY = /^[A-Z][A-Z0-9_]{0,63}$/;

function Form({ secret, servers, onClose }: Props) {
  const [server, setServer] = useState(secret.server);
  const [key, setKey] = useState(secret.key ?? "");
  const [description, setDescription] = useState(secret.description);
  const [value, setValue] = useState("");
  const [isLong, setLong] = useState(false);
  const [hosts, setHosts] = useState(secret.hosts.map(hostAddress).join(", "));
  const [mode, setMode] = useState(secret.mode);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly("admin");
  const wrongKey = key && !KEY.test(key) ? "Capitals, digits and _; a capital first; at most 64 characters." : undefined;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const body = { value, hosts: hostsOf(hosts), mode, description };
      await client.PUT("/api/servers/{id}/secrets/{key}/value", { params: { path: { id: server, key } }, body });
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const typed = { value, label: secret.has_value ? "New value" : "Value", required: true, autoComplete: "off", spellCheck: false };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        {!secret.key && servers && <NativeSelect label="Server" description="Only its tools can use it." data={[...servers]} value={server} onChange={(event) => setServer(event.currentTarget.value)} />}
        {!secret.key && (
          <TextInput label="Key" description={`Tools read it as secrets["${key || "API_KEY"}"].`} value={key} onChange={(event) => setKey(event.currentTarget.value.toUpperCase())} error={wrongKey} classNames={{ input: "mono" }} autoComplete="off" spellCheck={false} required data-autofocus />
        )}
        {secret.key && secret.description && (
          <Text c="dimmed">
            <HostileText text={secret.description} limit={2_000} />
          </Text>
        )}
        <div>
          {isLong ? (
            <Textarea {...typed} autosize minRows={4} maxRows={10} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }} onChange={(event) => setValue(event.currentTarget.value)} />
          ) : (
            <PasswordInput {...typed} onChange={(event) => setValue(event.currentTarget.value)} data-autofocus={secret.key ? true : undefined} />
          )}
          <Checkbox mt={8} label="It has several lines (a key file); it can be seen while you type" checked={isLong} onChange={(event) => setLong(event.currentTarget.checked)} />
        </div>
        {!secret.key && <TextInput label="What is it?" value={description} onChange={(event) => setDescription(event.currentTarget.value)} autoComplete="off" />}
        <Terms mode={mode} onMode={setMode} hosts={hosts} onHosts={setHosts} />
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Text size="sm" c="dimmed">
          {secret.has_value ? "Calls use the new value from now on; the old one is gone. " : ""}Nobody can read it again here, you neither.
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={!value || !key || !server || wrongKey !== undefined || whyNot !== undefined}>
            {secret.has_value ? "Rotate" : "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
