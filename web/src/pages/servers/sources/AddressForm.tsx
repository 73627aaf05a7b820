import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { AddFooter, type FormProps, NameField } from "./AddFooter";
import { KEY } from "./program";
import { whyNoAddress, whyNoName } from "./words";

type Auth = Schema["AuthKind"];

const AUTH: { value: Auth; label: string }[] = [
  { value: "none", label: "Nothing: it is open" },
  { value: "bearer", label: "A bearer token" },
  { value: "header", label: "A header of its own" },
  { value: "oauth", label: "An account: you log in there (OAuth)" },
];

/** A server on the network, and who we are there. */
export function AddressForm({ server, onClose }: FormProps) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [auth, setAuth] = useState<Auth>("none");
  const [secret, setSecret] = useState("");
  const [header, setHeader] = useState("");
  const add = api.useMutation("post", "/api/servers/{id}/sources", { onSuccess: onClose });
  const wantsSecret = auth === "bearer" || auth === "header";
  const wrongUrl = whyNoAddress(url);
  const wrongKey = secret && !KEY.test(secret) ? "Capitals, digits and _; a capital first." : undefined;
  const isWhole = name !== "" && url !== "" && (!wantsSecret || secret !== "") && (auth !== "header" || header !== "");
  const isSound = !wrongUrl && !whyNoName(name) && !wrongKey;
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
        <NameField name={name} placeholder="github" onName={setName} />
        <NativeSelect label="What it wants to see" data={AUTH} value={auth} onChange={(event) => setAuth(event.currentTarget.value as Auth)} />
        {auth === "header" && <TextInput {...typed} label="Header" placeholder="X-API-Key" value={header} onChange={(event) => setHeader(event.currentTarget.value)} />}
        {wantsSecret && (
          <TextInput {...typed} label="Secret" description={known ? "It has a value, and goes to the hosts it is bound to." : "The key of a secret of this server; you set its value afterwards. It goes to this address alone."} placeholder="GITHUB_TOKEN" value={secret} onChange={(event) => setSecret(event.currentTarget.value.toUpperCase())} error={wrongKey} />
        )}
        <AddFooter note="Nothing is contacted yet: you allow it in the next step." add={add} isReady={isWhole && isSound} onClose={onClose} />
      </Stack>
    </form>
  );
}
