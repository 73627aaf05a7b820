import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { Check, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { actorName } from "@/components/actor";
import { CodeBlock } from "@/components/CodeBlock";
import { HostileText } from "@/components/HostileText";
import { TimeAgo } from "@/components/TimeAgo";
import { CLIENTS, instructions } from "./clients";
import classes from "./ConnectStep.module.css";

/** What to type where, and the client as soon as it is there. */
export function ConnectStep({ onNext }: { onNext: () => void }) {
  const { data: connection } = api.useSuspenseQuery("get", "/api/connection");
  const [client, setClient] = useState<string>(CLIENTS[0].id);
  const { where, code } = instructions(client, connection);
  const isConnected = connection.clients.length > 0;
  return (
    <Stack>
      <div className={classes.choice}>
        <SegmentedControl fullWidth aria-label="Client" data={CLIENTS.map(({ id, label }) => ({ value: id, label }))} value={client} onChange={setClient} />
      </div>
      <div>
        <Text mb={8}>{where}</Text>
        <CodeBlock code={code} label="what to type" />
      </div>
      <div role="status">
        {isConnected ? (
          connection.clients.slice(0, 3).map((client) => (
            <p key={actorName(client)} className={classes.state} data-connected>
              <Check size={18} aria-hidden="true" />
              <span>
                <HostileText text={actorName(client)} limit={80} /> is connected
                <Text span c="dimmed" size="sm">
                  {" · "}
                  <TimeAgo at={client.last_seen_at} />
                </Text>
              </span>
            </p>
          ))
        ) : (
          <p className={classes.state}>
            <LoaderCircle size={18} className={classes.waiting} aria-hidden="true" />
            <span>Waiting for your client. It shows up here as soon as it asks for its tools.</span>
          </p>
        )}
      </div>
      <Group justify="flex-end">
        <Button onClick={onNext} variant={isConnected ? "filled" : "default"}>
          {isConnected ? "Go on" : "Connect later"}
        </Button>
      </Group>
    </Stack>
  );
}
