import { Alert, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { Check, Route, X } from "lucide-react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";

type Hop = Schema["Hop"];

/** Walks the way of a client elsewhere, hop by hop, and says what to mend. */
export function ConnectionCheck() {
  const whyNot = useWhyReadOnly();
  const check = api.useMutation("post", "/api/connection/check");
  return (
    <Stack>
      <Text c="dimmed">From this machine to its own public address and back, as claude.ai and ChatGPT go. Nothing is left behind.</Text>
      <Button variant="default" leftSection={<Route size={16} />} loading={check.isPending} disabled={whyNot !== undefined} onClick={() => check.mutate({})} style={{ alignSelf: "flex-start" }}>
        Check each hop
      </Button>
      {check.isError && (
        <Alert color="bad" role="alert">
          {sentence(check.error)}
        </Alert>
      )}
      {check.data && (
        <>
          <Text role="status" fw={600}>
            {check.data.is_ok ? "Clients can connect." : "Clients cannot connect: mend the first hop that fails."}
          </Text>
          <Paper p="md">
            <Stack component="ol" gap="sm" m={0} p={0}>
              {check.data.hops.map((hop) => (
                <HopRow key={hop.name} hop={hop} />
              ))}
            </Stack>
          </Paper>
        </>
      )}
    </Stack>
  );
}

function HopRow({ hop }: { hop: Hop }) {
  return (
    <Group component="li" align="flex-start" wrap="nowrap">
      {hop.is_ok ? <Check size={18} color="var(--ok)" aria-label="As wanted" /> : <X size={18} color="var(--bad)" aria-label="Fails" />}
      <Stack gap={2} style={{ overflowWrap: "anywhere" }}>
        <Text>
          <b>{hop.name}</b>: {hop.wanted}
        </Text>
        <Text c="dimmed">{hop.got}</Text>
        {!hop.is_ok && (
          <Text>
            {hop.fix}. It matters: {hop.why}.
          </Text>
        )}
      </Stack>
    </Group>
  );
}
