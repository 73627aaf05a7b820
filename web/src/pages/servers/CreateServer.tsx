import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { Dialog } from "@/components/Dialog";

const NAME = /^[a-z][a-z0-9_]{0,30}$/;

/** Why a name cannot be one of a server, or undefined. */
export function whyNoName(name: string): string | undefined {
  if (name === "") return undefined;
  if (!NAME.test(name)) return "Small letters, digits and _; a letter first; at most 31 characters.";
  if (name.includes("__")) return "Two _ in a row separate a server from its tool, so a name cannot have them.";
  return name.startsWith("mcpbox") ? "Names that begin with mcpbox are MCPbox's own." : undefined;
}

/** Makes a server and leads to it. */
export function CreateServer({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Create a server">
      <Form onClose={onClose} />
    </Dialog>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const navigate = useNavigate();
  const whyNot = useWhyReadOnly();
  const create = api.useMutation("post", "/api/servers", {
    onSuccess: (made) => {
      onClose();
      void navigate({ to: "/servers/$id", params: { id: made.name } });
    },
  });
  const wrong = whyNoName(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ body: { name, description } });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text c="dimmed">It starts empty and stopped. Tell your LLM its name, and it makes tools there.</Text>
        <TextInput
          label="Name"
          description="Stands before the name of each of its tools: weather__forecast."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={wrong}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          required
        />
        <TextInput label="What is it for?" description="Clients read this." value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        {create.isError && (
          <Alert color="bad" role="alert">
            {sentence(create.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!name || wrong !== undefined || whyNot !== undefined}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
