import { Alert, Button, Checkbox, Group, NativeSelect, PasswordInput, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { type FormEvent, useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { hostAddress } from "@/components/capability";
import { Dialog } from "@/components/Dialog";
import { HostileText } from "@/components/HostileText";

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
  secret: SecretDraft | undefined;
  /** Servers to choose from, for a new secret that may belong to any. */
  servers?: readonly string[];
  onClose: () => void;
}

/** Sets or rotates a value. What is typed goes to the server once; it is kept nowhere in the page. */
export function SecretDialog({ secret, servers, onClose }: Props) {
  const title = !secret?.key ? "New secret" : secret.has_value ? `Rotate ${secret.key}` : `Set ${secret.key}`;
  return (
    <Dialog opened={secret !== undefined} onClose={onClose} title={<span className={secret?.key ? "mono" : undefined}>{title}</span>} keepMounted={false}>
      {secret && <Form secret={secret} servers={servers} onClose={onClose} />}
    </Dialog>
  );
}

const KEY = /^[A-Z][A-Z0-9_]{0,63}$/;

/** `a.example.com, b.example.com:443` as the API takes it. */
export const hostsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

function Form({ secret, servers, onClose }: Props & { secret: SecretDraft }) {
  const [server, setServer] = useState(secret.server);
  const [key, setKey] = useState(secret.key ?? "");
  const [description, setDescription] = useState(secret.description);
  const [value, setValue] = useState("");
  const [isLong, setLong] = useState(false);
  const [hosts, setHosts] = useState(secret.hosts.map(hostAddress).join(", "));
  const [mode, setMode] = useState(secret.mode);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly();
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
          <TextInput label="Key" description={`Tools read it as secrets["${key || "API_KEY"}"].`} value={key} onChange={(event) => setKey(event.currentTarget.value.toUpperCase())} error={wrongKey} className="mono" autoComplete="off" spellCheck={false} required data-autofocus />
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
        <Mode mode={mode} onMode={setMode} />
        {mode === "sealed" && (
          <TextInput
            label="Hosts it may be sent to"
            description="Host or host:port, with commas between. Check them: a host an LLM proposed gets the value from you, here."
            placeholder="api.example.com"
            value={hosts}
            onChange={(event) => setHosts(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        {mode === "sealed" && hostsOf(hosts).length === 0 && (
          <Alert color="warn" icon={<TriangleAlert size={18} />}>
            Without a host the value goes nowhere, so calls that need it fail.
          </Alert>
        )}
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

function Mode({ mode, onMode }: { mode: Schema["SecretMode"]; onMode: (mode: Schema["SecretMode"]) => void }) {
  return (
    <div>
      <Text fw={500} id="secret-mode">
        Who sees the value
      </Text>
      <SegmentedControl
        mt={4}
        fullWidth
        aria-labelledby="secret-mode"
        data={[
          { value: "sealed", label: "Sealed: only the hosts" },
          { value: "revealed", label: "Revealed: the code" },
        ]}
        value={mode}
        onChange={(next) => onMode(next as Schema["SecretMode"])}
      />
      {mode === "sealed" ? (
        <Text size="sm" c="dimmed" mt={6}>
          The code gets a stand-in. MCPbox puts the value in its place on the way to the hosts below, so no tool can print it, return it or send it elsewhere.
        </Text>
      ) : (
        <Alert color="bad" mt={8} icon={<TriangleAlert size={18} />} title="The code gets the value itself">
          A tool can return it to the LLM, print it, or send it to any host it may reach. Choose this only when the code has to compute with it (to sign a request, for instance), and read that code.
        </Alert>
      )}
    </div>
  );
}
