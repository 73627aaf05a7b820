import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { Dialog } from "@/components/Dialog";
import { whyNoAddress } from "./words";

type Auth = Schema["AuthKind"];

const AUTH: { value: Auth; label: string }[] = [
  { value: "none", label: "Nothing: it is open" },
  { value: "bearer", label: "A bearer token" },
  { value: "header", label: "A header of its own" },
  { value: "oauth", label: "An account: you log in there (OAuth)" },
];
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const KEY = /^[A-Z][A-Z0-9_]{0,63}$/;

interface Props {
  server: Schema["ServerDetail"];
  isOpen: boolean;
  onClose: () => void;
}

/** Writes a source down. Nothing is contacted by that. */
export function AddSource({ server, isOpen, onClose }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Add a source">
      <Form server={server} onClose={onClose} />
    </Dialog>
  );
}

function Form({ server, onClose }: Omit<Props, "isOpen">) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [auth, setAuth] = useState<Auth>("none");
  const [secret, setSecret] = useState("");
  const [header, setHeader] = useState("");
  const whyNot = useWhyReadOnly();
  const add = api.useMutation("post", "/api/servers/{id}/sources", { onSuccess: onClose });
  const wantsSecret = auth === "bearer" || auth === "header";
  const wrongUrl = whyNoAddress(url);
  const wrongName = name && !NAME.test(name) ? "Small letters, digits and _; a letter first." : undefined;
  const wrongKey = secret && !KEY.test(secret) ? "Capitals, digits and _; a capital first." : undefined;
  const isWhole = name !== "" && url !== "" && (!wantsSecret || secret !== "") && (auth !== "header" || header !== "");
  const isSound = !wrongUrl && !wrongName && !wrongKey;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const shown = !wantsSecret ? {} : { secret, header: auth === "header" ? header : undefined };
    add.mutate({ params: { path: { id: server.name } }, body: { name, url: url.trim(), auth, ...shown } });
  };
  const typed = { autoComplete: "off", spellCheck: false, required: true, className: "mono" } as const;
  const known = server.secrets.some(({ key, has_value: has }) => key === secret && has);
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput {...typed} label="Address" description="Of its MCP endpoint." placeholder="https://mcp.example.com/mcp" value={url} onChange={(event) => setUrl(event.currentTarget.value)} error={wrongUrl} data-autofocus />
        <TextInput {...typed} label="Name" description="What you call it here." placeholder="github" value={name} onChange={(event) => setName(event.currentTarget.value)} error={wrongName} />
        <NativeSelect label="What it wants to see" data={AUTH} value={auth} onChange={(event) => setAuth(event.currentTarget.value as Auth)} />
        {auth === "header" && <TextInput {...typed} label="Header" placeholder="X-API-Key" value={header} onChange={(event) => setHeader(event.currentTarget.value)} />}
        {wantsSecret && (
          <TextInput {...typed} label="Secret" description={known ? "It has a value, and goes to the hosts it is bound to." : "The key of a secret of this server; you set its value afterwards. It goes to this address alone."} placeholder="GITHUB_TOKEN" value={secret} onChange={(event) => setSecret(event.currentTarget.value.toUpperCase())} error={wrongKey} />
        )}
        <Text size="sm" c="dimmed">
          Nothing is contacted yet: you allow it in the next step.
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
          <Button type="submit" loading={add.isPending} disabled={!isWhole || !isSound || whyNot !== undefined}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
