import { Alert, Button, Group, Paper, PasswordInput, Stack, Switch, Text, TextInput } from "@mantine/core";
import { Check } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeBlock } from "@/components/CodeBlock";
import { CodeName } from "@/components/CodeName";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import { toast } from "@/components/toast";
import { GroupRoles } from "./GroupRoles";
import { Lines } from "./Lines";

export type Provider = Required<Schema["Provider"]>;

/** May people log in with an account they have elsewhere, and who? */
export function OpenIdPage() {
  const { data } = api.useSuspenseQuery("get", "/api/oidc");
  return (
    <>
      <PageHeader title="OpenID">Let people log in with an account they have elsewhere: Authentik, Authelia, Pocket ID, Keycloak, Google and others.</PageHeader>
      <SubNav root="/users" label="Users" />
      <ProviderForm key={JSON.stringify(data.provider)} view={data} />
    </>
  );
}

function ProviderForm({ view }: { view: Schema["ProviderView"] }) {
  const [provider, setProvider] = useState(view.provider as Provider);
  const [secret, setSecret] = useState("");
  const whyNot = useWhyReadOnly("admin");
  const set = <K extends keyof Provider>(key: K, value: Provider[K]) => setProvider((before) => ({ ...before, [key]: value }));
  const save = api.useMutation("put", "/api/oidc", { onSuccess: () => toast("Saved.") });
  const check = api.useMutation("post", "/api/oidc/check");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    check.reset();
    save.mutate({ body: { provider, ...(secret && { secret }) } });
  };
  const isSaved = JSON.stringify(provider) === JSON.stringify(view.provider) && secret === "";
  return (
    <form onSubmit={submit} autoComplete="off">
      <Section title="Provider">
        <Paper p="md">
          <Stack maw={640}>
            <Text>Register MCPbox with your provider as a confidential web client with this redirect address:</Text>
            <CodeBlock code={view.redirect_url} label="the redirect address" />
            {view.remote_redirect_url && (
              <>
                <Text>And with this one, for the page on which people let in a client elsewhere:</Text>
                <CodeBlock code={view.remote_redirect_url} label="the redirect address for clients" />
              </>
            )}
            <TextInput label="Issuer" description="Exactly as the provider names itself. An address on your own network works too." placeholder="https://auth.example.com" value={provider.issuer} onChange={(event) => set("issuer", event.currentTarget.value.trim())} autoComplete="off" spellCheck={false} required={provider.is_on} />
            {provider.issuer.startsWith("http://") && (
              <Alert color="warn" role="note">
                Plain http: whoever can change what is on the way can log in as anybody. Use https, also at home.
              </Alert>
            )}
            <TextInput label="Client id" value={provider.client_id} onChange={(event) => set("client_id", event.currentTarget.value.trim())} autoComplete="off" spellCheck={false} required={provider.is_on} />
            <PasswordInput label={view.has_secret ? "New client secret" : "Client secret"} description={view.has_secret ? "One is set. Leave it empty to keep it; with another issuer, give it again." : "It is kept encrypted and not shown again."} value={secret} onChange={(event) => setSecret(event.currentTarget.value)} autoComplete="off" />
            <TextInput label="Name on the button" placeholder="Authentik" value={provider.name} onChange={(event) => set("name", event.currentTarget.value)} maxLength={60} />
            <Lines label="Further scopes" description="Beside openid, email and profile. Some providers tell groups only when asked for." placeholder="groups" value={provider.scopes} onChange={(next) => set("scopes", next)} />
          </Stack>
        </Paper>
      </Section>
      <Section title="Who may come in">
        <Paper p="md">
          <Stack maw={640}>
            <Lines label="E-mail addresses" description="One a line, verified by the provider. @example.com stands for everybody of that domain." placeholder="anna@example.com" value={provider.allowed_emails} onChange={(next) => set("allowed_emails", next)} />
            <Lines label="Groups" description="One a line. Whoever is in one of them may come in." value={provider.allowed_groups} onChange={(next) => set("allowed_groups", next)} />
            <TextInput label="Claim with the groups" placeholder="groups" value={provider.groups_claim} onChange={(event) => set("groups_claim", event.currentTarget.value.trim())} autoComplete="off" spellCheck={false} />
            <GroupRoles rules={provider.roles} onChange={(next) => set("roles", next)} />
          </Stack>
        </Paper>
      </Section>
      <Stack mb="xl" maw={672}>
        <Switch label={view.remote_redirect_url ? "Offer it on the login pages" : "Offer it on the login page"} checked={provider.is_on} onChange={(event) => set("is_on", event.currentTarget.checked)} size="md" />
        {save.isError && (
          <Alert color="bad" role="alert">
            {sentence(save.error)}
          </Alert>
        )}
        {check.isError && (
          <Alert color="bad" role="alert">
            {sentence(check.error)}
          </Alert>
        )}
        {check.data && (
          <Alert color="ok" icon={<Check size={18} />} role="status">
            The provider answers. People are sent to <CodeName>{check.data.authorization_url}</CodeName>.
          </Alert>
        )}
        <Group gap="xs">
          <Button type="submit" loading={save.isPending} disabled={whyNot !== undefined || isSaved}>
            Save
          </Button>
          <Button variant="default" loading={check.isPending} disabled={whyNot !== undefined || !isSaved || !provider.issuer} onClick={() => check.mutate({})}>
            Ask the provider
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
