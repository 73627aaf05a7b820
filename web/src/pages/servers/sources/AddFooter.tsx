import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import type { Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import type { Refusal } from "./refusal";
import { whyNoName } from "./words";

export interface Closing {
  server: Schema["ServerDetail"];
  onClose: () => void;
}

export interface FormProps<D> extends Closing {
  draft: D;
  onDraft: (draft: D) => void;
}

/** What a source is called. */
export function NameField({ name, placeholder, refused, onName }: { name: string; placeholder: string; refused?: string; onName: (name: string) => void }) {
  return <TextInput label="Name" description="What you call it here." placeholder={placeholder} value={name} onChange={(event) => onName(event.currentTarget.value)} error={whyNoName(name) ?? refused} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} required />;
}

interface Props {
  /** What does not happen yet. */
  note: string;
  isPending: boolean;
  refusal: Refusal<string>;
  isReady: boolean;
  onClose: () => void;
}

/** The end of a form that adds a source: what the server refused of it all, and the ways on. */
export function AddFooter({ note, isPending, refusal, isReady, onClose }: Props) {
  const whyNot = useWhyReadOnly();
  return (
    <>
      <Text size="sm" c="dimmed">
        {note}
      </Text>
      {refusal.general && (
        <Alert color="bad" role="alert">
          {refusal.general}
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={isPending} disabled={!isReady || whyNot !== undefined}>
          Add
        </Button>
      </Group>
    </>
  );
}
