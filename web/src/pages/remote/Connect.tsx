import { NativeSelect, Paper, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { CodeBlock } from "@/components/CodeBlock";
import { CodeName } from "@/components/CodeName";
import { ConnectionCheck } from "@/components/ConnectionCheck";
import { Section } from "@/components/Section";
import { REMOTE_CLIENTS, remoteInstructions } from "./clients";

/** From the address to a connected client, and whether the way to it is open. */
export function Connect({ url }: { url: string }) {
  const [client, setClient] = useState<string>(REMOTE_CLIENTS[0].id);
  const { where, code } = remoteInstructions(client, url);
  return (
    <Section title="Connect a client elsewhere">
      <Paper p="md">
        <Stack maw={672}>
          <NativeSelect label="Client" data={REMOTE_CLIENTS.map(({ id, label }) => ({ value: id, label }))} value={client} onChange={(event) => setClient(event.currentTarget.value)} maw={240} />
          <Text>{where}</Text>
          <CodeBlock code={code} label="what to enter" />
          <Text>
            It opens a page in your browser, with a code. The request then waits here, on this page: type that code, choose what it may do, and allow it. <CodeName>docs/guides/remote.md</CodeName> tells more.
          </Text>
        </Stack>
      </Paper>
      <Stack mt="md">
        <ConnectionCheck />
      </Stack>
    </Section>
  );
}
