import { Alert, Drawer, Skeleton, Stack, Text, Title } from "@mantine/core";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import type { AuditEvent } from "./AuditPage";
import { Clock } from "./Clock";
import { Value } from "./Value";

interface Props {
  sequence: number;
  /** The event, when the list under the drawer has it. */
  known: AuditEvent | undefined;
  onClose: () => void;
}

/** An audit event with all that was written down. */
export default function AuditDrawer({ sequence, known, onClose }: Props) {
  return (
    <Drawer opened onClose={onClose} title={`Event ${sequence}`} size={640} padding="lg">
      {known ? <Event event={known} /> : <Sought key={sequence} sequence={sequence} />}
    </Drawer>
  );
}

/** An event that only the address names. Events never change, so none makes it old. */
function Sought({ sequence }: { sequence: number }) {
  const query = { cursor: String(sequence + 1), page_size: 1 };
  const { data, error } = api.useQuery("get", "/api/audit", { params: { query } }, { meta: { isFinal: true } });
  if (error) return <Alert color="bad">{sentence(error)}</Alert>;
  if (!data) return <Skeleton height={320} aria-busy="true" />;
  const event = data.items.find((item) => item.sequence === sequence);
  return event ? <Event event={event} /> : <Text>There is no such event.</Text>;
}

function Event({ event }: { event: AuditEvent }) {
  return (
    <Stack gap="lg">
      <div>
        <Title order={2} mb={4}>
          <CodeName size={16}>{event.action}</CodeName>
        </Title>
        <Text c="dimmed">
          by <HostileText text={event.actor.name} limit={200} />, <Clock at={event.at} />
        </Text>
      </div>
      <Value label="About" text={event.subject} />
      <Value label="Details" value={event.detail} />
      <Value label="Its hash" text={event.hash} />
      <Value label="Hash of the event before" text={event.previous_hash} />
    </Stack>
  );
}
