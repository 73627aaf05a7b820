import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import type { Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { whyNoName } from "./words";

export interface FormProps {
  server: Schema["ServerDetail"];
  onClose: () => void;
}

/** What a source is called. */
export function NameField({ name, placeholder, onName }: { name: string; placeholder: string; onName: (name: string) => void }) {
  return <TextInput label="Name" description="What you call it here." placeholder={placeholder} value={name} onChange={(event) => onName(event.currentTarget.value)} error={whyNoName(name)} autoComplete="off" spellCheck={false} className="mono" required />;
}

interface Props {
  /** What does not happen yet. */
  note: string;
  add: { isPending: boolean; isError: boolean; error: unknown };
  isReady: boolean;
  onClose: () => void;
}

/** The end of a form that adds a source: what the server refused, and the ways on. */
export function AddFooter({ note, add, isReady, onClose }: Props) {
  const whyNot = useWhyReadOnly();
  return (
    <>
      <Text size="sm" c="dimmed">
        {note}
      </Text>
      {add.isError && (
        <Alert color="bad" role="alert">
          {sentence(add.error)}
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={add.isPending} disabled={!isReady || whyNot !== undefined}>
          Add
        </Button>
      </Group>
    </>
  );
}
