import { Badge, Group, Text } from "@mantine/core";
import { Clock, Eye, KeyRound, Lock } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { hostRule } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { TimeAgo } from "@/components/TimeAgo";
import type { SecretRow } from "./readers";
import { SecretActions } from "./SecretActions";

const SecretDialog = lazy(() => import("./SecretDialog"));

const SHOWN = 3;

/** Secrets with what one can do to them. */
export function SecretList({ label, rows, empty, withServer }: { label: string; rows: readonly SecretRow[]; empty?: ReactNode; withServer?: boolean }) {
  const [setting, setSetting] = useState<SecretRow>();
  const columns: Column<SecretRow>[] = [
    { label: "Secret", cell: (row) => <Name row={row} withServer={withServer} /> },
    { label: "State", cell: (row) => <State row={row} />, width: 160 },
    { label: "Set, last used", cell: (row) => <Times row={row} />, width: 170, isWideOnly: true },
    { label: "May be sent to", cell: (row) => <Hosts row={row} />, width: 180 },
    { label: "Used by", cell: (row) => <Readers row={row} />, width: 180, isWideOnly: true },
    { label: "Actions", cell: (row) => <SecretActions secret={row} onSet={() => setSetting(row)} />, width: 170 },
  ];
  return (
    <>
      <DataTable
        label={label}
        rows={rows}
        columns={columns}
        rowKey={({ server, key }) => `${server} ${key}`}
        empty={
          empty ?? (
            <EmptyState icon={KeyRound} title="There is no secret yet">
              When a tool needs a key, its LLM makes a place for it here. Only you can fill it.
            </EmptyState>
          )
        }
      />
      <Suspense fallback={null}>{setting && <SecretDialog secret={setting} onClose={() => setSetting(undefined)} />}</Suspense>
    </>
  );
}

function Name({ row, withServer }: { row: SecretRow; withServer?: boolean }) {
  return (
    <span>
      <Text span fw={500}>
        <CodeName>{row.key}</CodeName>
      </Text>
      {withServer && (
        <Text span size="sm" c="dimmed" display="block">
          of <CodeName size={12}>{row.server}</CodeName>
        </Text>
      )}
      {row.description && (
        <Text span size="sm" c="dimmed" lineClamp={2} style={{ display: "-webkit-box" }}>
          <HostileText text={row.description} limit={300} />
        </Text>
      )}
    </span>
  );
}

function State({ row }: { row: SecretRow }) {
  if (!row.has_value) return <Look tone="warn" icon={Clock} label="Needs a value" />;
  return row.mode === "sealed" ? <Look tone="ok" icon={Lock} label="Sealed" /> : <Look tone="bad" icon={Eye} label="Revealed" />;
}

function Times({ row: { value_set_at: set, last_used_at: used } }: { row: SecretRow }) {
  return (
    <span>
      <Text span size="sm" display="block">
        {set ? <TimeAgo at={set} /> : "never set"}
      </Text>
      <Text span size="sm" c="dimmed" display="block">
        {used ? (
          <>
            used <TimeAgo at={used} />
          </>
        ) : (
          "never used"
        )}
      </Text>
    </span>
  );
}

function Look({ tone, icon: Icon, label }: { tone: string; icon: typeof Lock; label: string }) {
  return (
    <Badge color={tone} leftSection={<Icon size={13} aria-hidden="true" />}>
      {label}
    </Badge>
  );
}

function Hosts({ row }: { row: SecretRow }) {
  if (row.mode === "revealed") return <Text span>any host the tool may reach</Text>;
  if (row.hosts.length === 0) return <Text span c="dimmed">{row.has_value ? "no host" : "not known yet"}</Text>;
  return <Names names={row.hosts.map(hostRule)} />;
}

/** A value that nobody may use is stale. */
function Readers({ row }: { row: SecretRow }) {
  if (row.readers.length > 0) return <Names names={row.readers} />;
  if (!row.has_value) return <Text span c="dimmed">nobody yet</Text>;
  return (
    <Group gap={6} component="span" display="inline-flex">
      <Badge color="warn" leftSection={<Clock size={13} aria-hidden="true" />}>
        Stale: nobody
      </Badge>
    </Group>
  );
}

function Names({ names }: { names: readonly string[] }) {
  const rest = names.length - SHOWN;
  return (
    <span>
      {names.slice(0, SHOWN).map((name) => (
        <span key={name} style={{ display: "block" }}>
          <CodeName>{name}</CodeName>
        </span>
      ))}
      {rest > 0 && (
        <Text span c="dimmed">
          and {rest} more
        </Text>
      )}
    </span>
  );
}
