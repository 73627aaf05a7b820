import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useWhyReadOnly } from "@/api/status";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { useSecretRows, useServerNames } from "./queries";
import type { SecretDraft } from "./SecretDialog";
import { SecretList } from "./SecretList";

const SecretDialog = lazy(() => import("./SecretDialog"));

/** Which secrets exist, who reads them, which are stale? */
export function SecretsPage() {
  const rows = useSecretRows();
  const servers = useServerNames();
  const [fresh, setFresh] = useState<SecretDraft>();
  const whyNot = useWhyReadOnly("admin");
  const wanted = rows.filter(({ has_value }) => !has_value);
  const kept = rows.filter(({ has_value }) => has_value);
  const stale = kept.filter(({ readers }) => readers.length === 0).length;
  const add = () => setFresh({ server: servers[0] ?? "", description: "", hosts: [], mode: "sealed", has_value: false });
  return (
    <>
      <PageHeader
        title="Secrets"
        actions={
          servers.length > 0 && (
            <Button leftSection={<Plus size={16} />} onClick={add} disabled={whyNot !== undefined}>
              New secret
            </Button>
          )
        }
      >
        Values go in and never come out: not to this page, not to an LLM. {kept.length > 0 && (stale === 0 ? "Each has a tool that may use it." : `No tool may use ${stale === kept.length ? "any" : stale} of them: delete what is no longer needed.`)}
      </PageHeader>
      {wanted.length > 0 && (
        <Section title="Tools wait for these">
          <SecretList label="Secrets without a value" rows={wanted} withServer />
        </Section>
      )}
      {(kept.length > 0 || wanted.length === 0) && (
        <Section title="Kept">
          <SecretList label="Secrets" rows={kept} withServer />
        </Section>
      )}
      <Suspense fallback={null}>{fresh && <SecretDialog secret={fresh} servers={servers} onClose={() => setFresh(undefined)} />}</Suspense>
    </>
  );
}
