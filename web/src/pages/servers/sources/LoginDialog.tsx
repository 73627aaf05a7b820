import { Alert, Button, Group, PasswordInput, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { Dialog } from "@/components/Dialog";
import { hostsOf, type Source } from "./words";
import classes from "./Sources.module.css";

interface Props {
  source: Source;
  isOpen: boolean;
  onClose: () => void;
}

/** Shows where a login leads, and goes there once that was allowed. */
export function LoginDialog({ source, isOpen, onClose }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title={`Log in to ${source.name}`}>
      <Form source={source} onClose={onClose} />
    </Dialog>
  );
}

function buttonOf(allow: readonly string[] | undefined, ready: string | undefined): string {
  if (ready) return `Log in at ${hostsOf([new URL(ready).origin])}`;
  return allow && allow.length > 0 ? `Allow and log in at ${hostsOf(allow)}` : "Try again";
}

function Form({ source, onClose }: Omit<Props, "isOpen">) {
  const { source_id: id } = source;
  const [clientId, setClientId] = useState("");
  const [secret, setSecret] = useState("");
  const [isEntering, setEntering] = useState(false);
  // What was named is what is allowed: the list that stands here is sent back, and no other.
  const [allow, setAllow] = useState<readonly string[]>();
  const [isLeaving, setLeaving] = useState(false);
  const whyNot = useWhyReadOnly("admin");
  // Where to go when nothing is to be allowed: nobody is sent there before they said so.
  const [ready, setReady] = useState<string>();
  const { mutate: begin, ...asked } = api.useMutation("post", "/api/sources/{id}/login", {
    onSuccess: ({ url, allow: named }) => {
      setAllow(named);
      setReady(url ?? undefined);
    },
  });
  const go = (url: string) => {
    setLeaving(true);
    window.location.assign(url);
  };
  useEffect(() => begin({ params: { path: { id } }, body: { origins: [] } }), [begin, id]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && clientId === "") return go(ready);
    const client = clientId === "" ? {} : { client_id: clientId, client_secret: secret === "" ? undefined : secret };
    begin({ params: { path: { id } }, body: { origins: [...(allow ?? [])], ...client } }, { onSuccess: ({ url }) => url && go(url) });
  };
  const isFirst = allow === undefined && asked.isPending;
  return (
    <form onSubmit={submit}>
      <Stack>
        {isFirst && <Skeleton height={60} aria-label="Asking the source where one logs in" />}
        {ready && !isLeaving && <Text>It has its own login. You see its page next, and allow there what MCPbox may do with your account.</Text>}
        {allow && allow.length > 0 && (
          <>
            <Text>To log you in, MCPbox contacts these besides the source itself, and sends you to one of them:</Text>
            <ul className={classes.tools} aria-label="What is contacted">
              {allow.map((origin) => (
                <li key={origin} className={classes.tool}>
                  <CodeName>{origin}</CodeName>
                </li>
              ))}
            </ul>
            <Text c="dimmed">Go on only if you know that your account is there. You see its own page next, and allow there what MCPbox may do.</Text>
          </>
        )}
        {isEntering ? (
          <>
            <TextInput label="Client id" description={asked.data ? `Of a client that you made there, with the redirect address ${asked.data.redirect_uri}` : "Of a client that you made there."} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} value={clientId} onChange={(event) => setClientId(event.currentTarget.value)} />
            <PasswordInput label="Client secret" description="If it has one." autoComplete="off" value={secret} onChange={(event) => setSecret(event.currentTarget.value)} />
          </>
        ) : (
          <Group>
            <Button variant="subtle" size="compact-sm" onClick={() => setEntering(true)}>
              Enter a client of my own
            </Button>
          </Group>
        )}
        {asked.isError && (
          <Alert color="bad" role="alert">
            {sentence(asked.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={asked.isPending || isLeaving} disabled={whyNot !== undefined}>
            {buttonOf(allow, ready)}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
