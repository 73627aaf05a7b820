import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { sentence } from "@/api/problem";
import { type Role, useWhyReadOnly } from "@/api/status";
import { Dialog } from "./Dialog";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, in a sentence. */
  children: ReactNode;
  /** The verb on the button: `Delete the server`. */
  action: string;
  /** What has to be typed first; for what cannot be undone. */
  typed?: string;
  tone?: "bad" | "brand";
  /** Whose doing it is; a reviewer's unless said. */
  least?: Role;
  /** The dialog stays open and shows the error when this fails. */
  onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be taken back easily. Cancel is what Enter finds first. */
export function ConfirmDialog({ isOpen, onClose, title, ...rest }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title={title}>
      <Question key={String(isOpen)} onClose={onClose} {...rest} />
    </Dialog>
  );
}

function Question({ onClose, children, action, typed, tone = "bad", least, onConfirm }: Omit<Props, "isOpen" | "title">) {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const whyNot = useWhyReadOnly(least);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text component="div">{children}</Text>
        {typed && (
          <TextInput
            label={
              <>
                Type <span className="mono">{typed}</span> to confirm
              </>
            }
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        {whyNot && <Alert color="warn">{whyNot}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus={typed ? undefined : true}>
            Cancel
          </Button>
          <Button type="submit" color={tone} loading={isBusy} disabled={whyNot !== undefined || (typed !== undefined && text !== typed)}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
