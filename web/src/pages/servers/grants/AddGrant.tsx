import { Alert, Button, Group, NativeSelect, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import type { CapabilityKind } from "@/components/capability";
import { Dialog } from "@/components/Dialog";
import { TermField } from "@/components/TermField";
import { expiresAt, isWhole } from "@/components/term";
import { parseCapability, type Target } from "./matrix";

/** What may be granted unasked; a source is added first, and then decided on. */
type Kind = Exclude<CapabilityKind, "source">;

const HINTS: Record<Kind, { label: string; description: string; placeholder: string }> = {
  host: { label: "Host", description: "A name or an address, with a port if only that one; never a wildcard.", placeholder: "api.example.com:443" },
  secret: { label: "Secret", description: "Its key. Set its value on the page of secrets.", placeholder: "API_KEY" },
  module: { label: "Module", description: "Of the standard library or the base environment.", placeholder: "sqlite3" },
  package: { label: "Package", description: "From the package index, with versions if you want: pandas>=2,<3.", placeholder: "pandas" },
};
const METHODS = ["", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Grants something that nobody asked for. */
export function AddGrant({ isOpen, onClose, targets }: { isOpen: boolean; onClose: () => void; targets: readonly Target[] }) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Grant a capability">
      <Form onClose={onClose} targets={targets} />
    </Dialog>
  );
}

function Form({ onClose, targets }: { onClose: () => void; targets: readonly Target[] }) {
  const [kind, setKind] = useState<Kind>("host");
  const [text, setText] = useState("");
  const [method, setMethod] = useState("");
  // A single tool first: the smallest grant is the one that is chosen without thinking.
  const [to, setTo] = useState((targets.find(({ level }) => level === "tool") ?? targets[0])?.id ?? "");
  const [term, setTerm] = useState("");
  const [comment, setComment] = useState("");
  const add = api.useMutation("post", "/api/grants", { onSuccess: onClose });
  const whyNot = useWhyReadOnly();
  const capability = parseCapability(kind, text, method);
  const target = targets.find(({ id }) => id === to);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (capability && target && isWhole(term)) add.mutate({ body: { scope: { level: target.level, id: target.id }, capability, comment, expires_at: expiresAt(term) } });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <SegmentedControl fullWidth aria-label="What" data={Object.entries(HINTS).map(([value, { label }]) => ({ value, label }))} value={kind} onChange={(next) => setKind(next as Kind)} />
        <TextInput {...HINTS[kind]} value={text} onChange={(event) => setText(event.currentTarget.value)} error={text && !capability ? "This cannot be one." : undefined} classNames={{ input: "mono" }} autoComplete="off" spellCheck={false} data-autofocus required />
        {kind === "host" && <NativeSelect label="Method" data={METHODS.map((value) => ({ value, label: value || "All methods" }))} value={method} onChange={(event) => setMethod(event.currentTarget.value)} />}
        <NativeSelect label="For" data={targets.map(({ id, name }) => ({ value: id, label: name }))} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        {target?.level === "server" && (
          <Text size="sm" c="dimmed">
            All tools of the server get it, also those that come later. Granting it to single tools is the safer way.
          </Text>
        )}
        <TermField label="How long" value={term} onChange={setTerm} />
        <TextInput label="Why" description="Optional; it stands in the audit log." value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
        {add.isError && (
          <Alert color="bad" role="alert">
            {sentence(add.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending} disabled={!capability || !target || !isWhole(term) || whyNot !== undefined}>
            Grant
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
