import { NativeSelect, Stack, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { api, type Schema } from "@/api/client";
import { AddFooter, type FormProps, NameField } from "./AddFooter";
import { KEY } from "./program";
import { refusalOf, useRefusedField } from "./refusal";
import { whyNoAddress, whyNoName } from "./words";

type Auth = Schema["AuthKind"];

const AUTH: { value: Auth; label: string }[] = [
  { value: "none", label: "Nothing: it is open" },
  { value: "bearer", label: "A bearer token" },
  { value: "header", label: "A header of its own" },
  { value: "oauth", label: "An account: you log in there (OAuth)" },
];

/** An address as it is entered. */
export interface Address {
  name: string;
  url: string;
  auth: Auth;
  secret: string;
  header: string;
}

export const EMPTY_ADDRESS: Address = { name: "", url: "", auth: "none", secret: "", header: "" };

/** The field for what the server names. */
const FIELDS = { name: "name", url: "url", auth_secret_name: "secret", auth_header_name: "header" } as const;

/** A server on the network, and who we are there. */
export function AddressForm({ server, draft, onDraft, onClose }: FormProps<Address>) {
  const { name, url, auth, secret, header } = draft;
  const add = api.useMutation("post", "/api/servers/{id}/sources", { onSuccess: onClose });
  const form = useRefusedField(add.isError);
  const refusal = refusalOf(add.error, FIELDS);
  const set = (change: Partial<Address>) => {
    if (add.isError) add.reset();
    onDraft({ ...draft, ...change });
  };
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
  const typed = { autoComplete: "off", spellCheck: false, required: true, classNames: { input: "mono" } } as const;
  const known = server.secrets.some(({ key, has_value: has }) => key === secret && has);
  return (
    <form ref={form} onSubmit={submit}>
      <Stack>
        <TextInput {...typed} label="Address" description="Of its MCP endpoint." placeholder="https://mcp.example.com/mcp" value={url} onChange={(event) => set({ url: event.currentTarget.value })} error={wrongUrl ?? refusal.fields.url} data-autofocus />
        <NameField name={name} placeholder="github" refused={refusal.fields.name} onName={(next) => set({ name: next })} />
        <NativeSelect label="What it wants to see" data={AUTH} value={auth} onChange={(event) => set({ auth: event.currentTarget.value as Auth })} />
        {auth === "header" && <TextInput {...typed} label="Header" placeholder="X-API-Key" value={header} onChange={(event) => set({ header: event.currentTarget.value })} error={refusal.fields.header} />}
        {wantsSecret && (
          <TextInput {...typed} label="Secret" description={known ? "It has a value, and goes to the hosts it is bound to." : "The key of a secret of this server; you set its value afterwards. It goes to this address alone."} placeholder="GITHUB_TOKEN" value={secret} onChange={(event) => set({ secret: event.currentTarget.value.toUpperCase() })} error={wrongKey ?? refusal.fields.secret} />
        )}
        <AddFooter note="Nothing is contacted yet: you allow it in the next step." isPending={add.isPending} refusal={refusal} isReady={isWhole && isSound} onClose={onClose} />
      </Stack>
    </form>
  );
}
