import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Role } from "@/api/status";
import { Dialog } from "@/components/Dialog";
import type { UserLink } from "./PeoplePage";
import { RoleField } from "./RoleField";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onMade: (link: UserLink) => void;
}

/** Makes an account; its human sets the password with a link. */
export function InviteDialog({ isOpen, onClose, onMade }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Invite somebody" keepMounted={false}>
      {isOpen && <Form onClose={onClose} onMade={onMade} />}
    </Dialog>
  );
}

function Form({ onClose, onMade }: Omit<Props, "isOpen">) {
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("reviewer");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { data } = await client.POST("/api/users", { body: { username, role } });
      onClose();
      if (data) onMade(data);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        <TextInput label="User name" description="They log in with it, and the audit shows it." value={username} onChange={(event) => setUsername(event.currentTarget.value)} maxLength={64} autoComplete="off" required data-autofocus />
        <RoleField value={role} onChange={setRole} />
        {error !== undefined && (
          <Alert color="bad" role="alert">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={!username.trim()}>
            Make the link
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
