import { Alert, Anchor, Badge, Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ListFilter, RotateCw } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { sentence } from "@/api/problem";
import { CodeName } from "@/components/CodeName";
import { functionWords } from "@/components/entry";
import { HostileText } from "@/components/HostileText";
import { bytes } from "@/components/numbers";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { duration } from "@/components/time";
import { FailureAlert } from "./FailureAlert";
import { Network } from "./Network";
import { Replay } from "./Replay";
import classes from "./RunDrawer.module.css";
import type { Run } from "./runs";
import { Value } from "./Value";

interface Props {
  /** The run to show; closed without. */
  id: string | undefined;
  onClose: () => void;
  onOpen: (id: string) => void;
}

/** Everything that is known about a run. */
export default function RunDrawer({ id, onClose, onOpen }: Props) {
  return (
    <Drawer opened={id !== undefined} onClose={onClose} title="Run" size={720} padding="lg" classNames={{ content: classes.content }}>
      {id && <Loaded key={id} id={id} onClose={onClose} onOpen={onOpen} />}
    </Drawer>
  );
}

function Loaded({ id, onOpen }: Props & { id: string }) {
  // A record never changes, so no event makes it old.
  const { data: run, error } = api.useQuery("get", "/api/calls/{id}", { params: { path: { id } } }, { meta: { isFinal: true } });
  if (error) return <Alert color="bad">{sentence(error)} Runs are deleted after the days that the settings say.</Alert>;
  if (!run) return <Skeleton height={320} aria-busy="true" />;
  return <Details run={run} onOpen={onOpen} />;
}

function Details({ run, onOpen }: { run: Run; onOpen: (id: string) => void }) {
  const [isReplaying, setReplaying] = useState(false);
  const name = `${run.server_name}__${run.tool_name}`;
  const { observed } = run;
  const what = functionWords(observed.entry);
  const logs = run.logs ?? [];
  return (
    <Stack gap="lg">
      <div>
        <Title order={2} mb={8}>
          <CodeName size={16}>{name}</CodeName>
        </Title>
        <Group gap={8}>
          <StatusBadge status={run.failure ? "failed" : "succeeded"} />
          <Badge color="gray">{run.profile === "live" ? "Call" : "Test in quarantine"}</Badge>
          {what && <Badge color="gray">{what}</Badge>}
          <Text c="dimmed">
            by <Caller actor={run.actor} />, <TimeAgo at={run.started_at} />
          </Text>
        </Group>
      </div>
      {run.failure && <FailureAlert failure={run.failure} />}
      <dl className={classes.figures}>
        <Figure label="Took" value={duration(observed.duration_us / 1_000)} />
        <Figure label="Of that, computing" value={duration(observed.cpu_us / 1_000)} />
        <Figure label="Memory at most" value={bytes(observed.peak_memory_bytes)} />
      </dl>
      <Value label="Input" value={run.arguments} />
      {!run.failure && <Value label="Output" value={run.result} />}
      {run.stdout && <Value label="Printed" text={run.stdout} />}
      {logs.length > 0 && <Value label="Log" text={logs.join("\n")} />}
      <Network hosts={observed.hosts} />
      <Names label="Modules imported" names={observed.modules} />
      <Names label="Modules refused" names={observed.denied_modules} />
      <Names label="Secrets read" names={observed.secrets} />
      <Group gap="xs">
        <Button leftSection={<RotateCw size={16} />} onClick={() => setReplaying(true)}>
          Run again with this input
        </Button>
        <Button renderRoot={(props) => <Link {...props} to="/activity" search={{ tool: name }} />} variant="default" leftSection={<ListFilter size={16} />}>
          All runs of this tool
        </Button>
      </Group>
      <Replay run={run} isOpen={isReplaying} onClose={() => setReplaying(false)} onDone={onOpen} />
    </Stack>
  );
}

/** The client, and the human for whom it acts; each leads to all runs of theirs. */
function Caller({ actor: { name, on_behalf_of: human } }: Pick<Run, "actor">) {
  return (
    <>
      <Anchor td="underline" renderRoot={(props) => <Link {...props} to="/activity" search={{ by: name, human, range: "all" }} />}>
        <HostileText text={name} limit={80} />
      </Anchor>
      {human && (
        <>
          {" for "}
          <Anchor td="underline" renderRoot={(props) => <Link {...props} to="/activity" search={{ human, range: "all" }} />}>
            <HostileText text={human} limit={80} />
          </Anchor>
        </>
      )}
    </>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Names({ label, names }: { label: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <section>
      <Title order={3} mb={4}>
        {label}
      </Title>
      <Group gap={8}>
        {names.map((name) => (
          <Badge key={name} color="gray" variant="outline">
            <CodeName size={12}>{name}</CodeName>
          </Badge>
        ))}
      </Group>
    </section>
  );
}
