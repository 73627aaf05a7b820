import { Alert, Anchor, Button, Text } from "@mantine/core";
import { Archive } from "lucide-react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useSettings } from "@/api/settings";
import { useWhyReadOnly } from "@/api/status";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { bytes, upperFirst } from "@/components/numbers";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toast";
import { ImportPanel } from "./ImportPanel";
import { ScheduleForm } from "./ScheduleForm";

type Stored = Schema["StoredBackup"];

const COLUMNS: Column<Stored>[] = [
  {
    label: "File",
    cell: ({ name }) => (
      <Anchor href={`/api/backups/${name}`} download={name} className="mono">
        {name}
      </Anchor>
    ),
  },
  { label: "Made", cell: ({ created_at }) => <TimeAgo at={created_at} />, width: 140 },
  { label: "Size", cell: ({ bytes: size }) => bytes(size), isNumber: true, width: 110 },
];

/** Is there a backup, is it recent, and what comes in from elsewhere? */
export function BackupPage() {
  const { data } = api.useSuspenseQuery("get", "/api/backups");
  const settings = useSettings();
  const whyNot = useWhyReadOnly("admin");
  const make = api.useMutation("post", "/api/backups", { onSuccess: ({ name }) => toast(`The backup ${name} is made.`) });
  const button = (
    <Button leftSection={<Archive size={16} />} onClick={() => make.mutate({})} loading={make.isPending} disabled={whyNot !== undefined}>
      Make a backup now
    </Button>
  );
  return (
    <>
      <PageHeader title="Backup" actions={data.items.length > 0 && button}>
        Everything there is, in one file: tools, grants, reviews, runs, the audit, accounts, and secrets as they lie encrypted.
      </PageHeader>
      <SubNav root="/settings" label="Settings" />
      {make.isError && (
        <Alert color="bad" role="alert" mb="md">
          {sentence(make.error)}
        </Alert>
      )}
      {data.failed && !make.isError && (
        <Alert color="bad" role="alert" mb="md" title="The last backup could not be made">
          <TimeAgo at={data.failed.at} />: {upperFirst(data.failed.reason)}
        </Alert>
      )}
      <Alert color="warn" role="note" mb="md">
        The encryption key is in none of these files. Keep a copy of <span className="mono">encryption.key</span> somewhere else: without it no backup can be restored. On the command line,{" "}
        <span className="mono">mcpbox backup FILE --encrypt --include-key</span> puts it in.
      </Alert>
      <DataTable
        label="Backups"
        rows={data.items}
        columns={COLUMNS}
        rowKey={({ name }) => name}
        empty={
          <EmptyState icon={Archive} title="No backup yet" action={button}>
            Make one now, or switch the schedule on. Copy the files to another machine.
          </EmptyState>
        }
      />
      <Text c="dimmed" size="sm" mt="xs" mb="lg">
        They are kept in <span className="mono">{data.folder}</span>. Restore one with <span className="mono">mcpbox restore FILE</span> while no server runs.
      </Text>
      <Section title="Schedule">
        <ScheduleForm key={JSON.stringify(settings.backup)} settings={settings} nextAt={data.next_at ?? undefined} />
      </Section>
      <Section title="Import and export">
        <ImportPanel />
      </Section>
    </>
  );
}
