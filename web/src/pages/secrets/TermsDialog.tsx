import { Alert, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "@/api/client";
import { Problem, sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { hostAddress } from "@/components/capability";
import { Dialog } from "@/components/Dialog";
import type { SecretRow } from "./readers";
import { hostsOf, Terms } from "./Terms";

/** Changes where the value that is set may go, without asking for it again. */
export default function TermsDialog({ secret, onClose }: { secret: SecretRow; onClose: () => void }) {
  return (
    <Dialog opened onClose={onClose} title={<span className="mono">{secret.key}</span>}>
      <Form secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function Form({ secret, onClose }: { secret: SecretRow; onClose: () => void }) {
  const [description, setDescription] = useState(secret.description);
  const [hosts, setHosts] = useState(secret.hosts.map(hostAddress).join(", "));
  const [mode, setMode] = useState(secret.mode);
  const [isSaid, setSaid] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly("admin");
  // The server says what would newly be possible; it wants to hear that this is meant.
  const isFurther = error instanceof Problem && error.details.type === "conflict";
  const unsay = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    setSaid(false);
    setError(undefined);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const body = { hosts: hostsOf(hosts), mode, description, widen: isSaid };
      await client.PATCH("/api/servers/{id}/secrets/{key}", { params: { path: { id: secret.server, key: secret.key } }, body });
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text c="dimmed">{secret.has_value ? "The value stays as it is. To set another, rotate it." : "There is no value yet."}</Text>
        <TextInput label="What is it?" value={description} onChange={(event) => setDescription(event.currentTarget.value)} autoComplete="off" />
        <Terms mode={mode} onMode={unsay(setMode)} hosts={hosts} onHosts={unsay(setHosts)} />
        {error !== undefined && (
          <Alert color={isFurther ? "warn" : "bad"} role="alert" title={isFurther ? "The value would go further than before" : undefined}>
            {isFurther ? sentence(error).replace(/ \([^)]*\)$/, ".") : sentence(error)}
            {isFurther && <Checkbox mt={12} label="That is right" checked={isSaid} onChange={(event) => setSaid(event.currentTarget.checked)} />}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color={isFurther ? "bad" : undefined} loading={isBusy} disabled={whyNot !== undefined || (isFurther && !isSaid)}>
            {isFurther ? "Let it go there" : "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
