import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Plug, Plus } from "lucide-react";
import { useAll } from "@/api/all";
import { api } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { EmptyState } from "@/components/EmptyState";
import { MOST, useServer } from "../queries";
import { AddSource } from "./AddSource";
import { SourceCard } from "./SourceCard";
import { waitingGrant } from "./words";

/** The other MCP servers whose tools this one lends, and how they are. */
export function ServerSources() {
  const server = useServer();
  const { data } = api.useSuspenseQuery("get", "/api/servers/{id}/sources", { params: { path: { id: server.name }, query: { page_size: MOST } } });
  const grants = useAll("/api/grants");
  const [isAdding, dialog] = useDisclosure(false);
  const whyNot = useWhyReadOnly();
  const add = (
    <Button variant={data.total === 0 ? "filled" : "default"} leftSection={<Plus size={16} />} onClick={dialog.open} disabled={whyNot !== undefined}>
      Add a source
    </Button>
  );
  return (
    <>
      {data.total === 0 ? (
        <Paper>
          <EmptyState icon={Plug} title="It lends no tools of other servers" action={add}>
            Another MCP server can be a source of tools here: your code host, your home, your company, or a program that runs here in a jail. Add it, allow it, and choose the tools you want. Each waits for your approval, and is withheld when it changes there. Your LLM can ask for it too: “Add https://… as a source to {server.name}.”
          </EmptyState>
        </Paper>
      ) : (
        <>
          <Group justify="space-between" mb="md">
            <Text c="dimmed" maw={560}>
              Tools of other MCP servers, each approved as it is. One that changes there is withheld until you have looked at it.
            </Text>
            {add}
          </Group>
          <Stack gap="md">
            {data.items.map((source) => (
              <SourceCard key={source.source_id} source={source} server={server} grant={waitingGrant(source, server.id, grants)} />
            ))}
          </Stack>
        </>
      )}
      <AddSource server={server} isOpen={isAdding} onClose={dialog.close} />
    </>
  );
}
