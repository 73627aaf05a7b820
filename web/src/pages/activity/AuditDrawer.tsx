import { Drawer, Stack, Text, Title } from "@mantine/core";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import type { AuditEvent } from "./AuditPage";
import { Clock } from "./Clock";
import { Value } from "./Value";

/** An audit event with all that was written down. */
export default function AuditDrawer({ event, onClose }: { event: AuditEvent | undefined; onClose: () => void }) {
  return (
    <Drawer opened={event !== undefined} onClose={onClose} title={`Event ${event?.sequence ?? ""}`} size={640} padding="lg">
      {event && (
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
      )}
    </Drawer>
  );
}
