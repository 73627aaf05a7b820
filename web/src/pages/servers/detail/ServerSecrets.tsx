import { Button, Group, Text } from "@mantine/core";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useWhyReadOnly } from "@/api/status";
import { useSecretRows } from "@/pages/secrets/queries";
import type { SecretDraft } from "@/pages/secrets/SecretDialog";
import { SecretList } from "@/pages/secrets/SecretList";
import { useServer } from "../queries";

const SecretDialog = lazy(() => import("@/pages/secrets/SecretDialog"));

/** The secrets of a server. */
export function ServerSecrets() {
  const server = useServer();
  const rows = useSecretRows(server.name);
  const [fresh, setFresh] = useState<SecretDraft>();
  const whyNot = useWhyReadOnly();
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text c="dimmed" maw={560}>
          Only tools of this server can use them, and only those that were granted it.
        </Text>
        <Button
          variant="default"
          leftSection={<Plus size={16} />}
          disabled={whyNot !== undefined}
          onClick={() => setFresh({ server: server.name, description: "", hosts: [], mode: "sealed", has_value: false })}
        >
          New secret
        </Button>
      </Group>
      <SecretList label="Secrets of the server" rows={rows} />
      <Suspense fallback={null}>{fresh && <SecretDialog secret={fresh} onClose={() => setFresh(undefined)} />}</Suspense>
    </>
  );
}
