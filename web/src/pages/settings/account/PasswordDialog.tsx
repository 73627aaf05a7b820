import { Alert, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { sentence } from "@/api/problem";
import { Dialog } from "@/components/Dialog";

interface Props {
  isOpen: boolean;
  /** Without one there is nothing to ask for. */
  hasPassword: boolean;
  onClose: () => void;
  title: string;
  action: string;
  children: ReactNode;
  onConfirm: (password: string) => Promise<unknown>;
}

/** Asks for one's own password before what proves the account changes: an open session alone is not enough. */
export function PasswordDialog({ isOpen, onClose, title, ...rest }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title={title}>
      {isOpen && <PasswordQuestion onClose={onClose} {...rest} />}
    </Dialog>
  );
}

/** What stands in that dialog. */
export function PasswordQuestion({ hasPassword, onClose, action, children, onConfirm, closes = true }: Omit<Props, "isOpen" | "title"> & { closes?: boolean }) {
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm(password);
      if (closes) onClose();
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
        {hasPassword && <PasswordInput label="Your password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} required data-autofocus />}
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={hasPassword && password === ""}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
