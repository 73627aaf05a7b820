import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Schema } from "@/api/client";
import { useLog } from "@/api/log";
import { actorName } from "@/components/actor";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { Older } from "@/components/Older";
import { PageHeader } from "@/components/PageHeader";
import { PageSkeleton } from "@/components/PageSkeleton";
import { Section } from "@/components/Section";
import { SubNav } from "@/components/SubNav";
import classes from "./AuditPage.module.css";
import { Clock } from "./Clock";
import { Choice, TextFilter } from "./Filters";
import type { AuditSearch } from "./route";
import { ChainCheck } from "./ChainCheck";
import { Decisions } from "./Decisions";

const AuditDrawer = lazy(() => import("./AuditDrawer"));

export type AuditEvent = Schema["LogPage_AuditEvent"]["items"][number];

const ABOUT = [
  { value: "review.", label: "Reviews" },
  { value: "grant.", label: "Grants" },
  { value: "tool.", label: "Tools" },
  { value: "server.", label: "Servers" },
  { value: "secret.", label: "Secrets" },
  { value: "packages.", label: "Packages" },
  { value: "settings.", label: "Settings" },
  { value: "token.", label: "Tokens" },
  { value: "session.", label: "Logins" },
  { value: "user.", label: "Accounts" },
];

const COLUMNS: Column<AuditEvent>[] = [
  { label: "What", cell: ({ action }) => <CodeName>{action}</CodeName> },
  { label: "By", cell: ({ actor }) => <HostileText text={actorName(actor)} limit={80} /> },
  { label: "About", cell: ({ subject }) => <CodeName>{subject}</CodeName>, isWideOnly: true },
  { label: "When", cell: ({ at }) => <Clock at={at} />, width: 130 },
];

/** Who decided and changed what, in a chain that shows tampering. */
export function AuditPage() {
  const search = useSearch({ from: "/shell/activity/audit" });
  const navigate = useNavigate({ from: "/activity/audit" });
  const { by, human, about, subject, text, from, until, event } = search;
  const { rows, more, isBusy } = useLog("/api/audit", { actor: by, human, action: about, subject, text, since: from && dayAt(from, 0), until: until && dayAt(until, 1) });
  const change = (part: AuditSearch) => void navigate({ search: (old) => ({ ...old, ...part }), resetScroll: false, replace: "by" in part || "human" in part || "subject" in part || "text" in part });
  return (
    <>
      <PageHeader title="Audit">Every decision and change. Each event holds the hash of the one before, so that nothing can be taken out or rewritten unseen.</PageHeader>
      <SubNav root="/activity" label="Activity" />
      <ChainCheck />
      <Decisions />
      <Section title="Events">
        <div className={classes.filters} role="search" aria-label="Filters">
          <TextFilter label="Text in an event" text={text} onChange={(value) => change({ text: value })} />
          <Choice label="What about" every="Everything" data={ABOUT} value={about} onChange={(value) => change({ about: value })} />
          <Typed label="By whom, exactly" value={by} onChange={(value) => change({ by: value })} />
          <Typed label="For which human, exactly" value={human} onChange={(value) => change({ human: value })} />
          <Typed label="Subject, for instance tool:…" value={subject} onChange={(value) => change({ subject: value })} />
          <Day label="From" value={from} onChange={(value) => change({ from: value })} />
          <Day label="Until" value={until} onChange={(value) => change({ until: value })} />
        </div>
        {rows ? (
          <DataTable
            label="Audit events"
            rows={rows}
            columns={COLUMNS}
            rowKey={({ sequence }) => String(sequence)}
            rowLink={({ sequence }) => ({ to: "/activity/audit", search: { ...search, event: sequence } })}
            empty={
              <EmptyState icon={ScrollText} title="No such event">
                Widen the filters to see more.
              </EmptyState>
            }
            footer={<Older more={more} isBusy={isBusy} />}
          />
        ) : (
          <PageSkeleton />
        )}
      </Section>
      {event !== undefined && (
        <Suspense fallback={null}>
          <AuditDrawer sequence={event} known={rows?.find(({ sequence }) => sequence === event)} onClose={() => change({ event: undefined })} />
        </Suspense>
      )}
    </>
  );
}

/** The beginning of a day here, or of one after it. */
function dayAt(day: string, later: number): string {
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

function Day({ label, value, onChange }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  return <TextInput type="date" aria-label={label} leftSection={<span className={classes.day}>{label}</span>} leftSectionWidth={56} value={value ?? ""} onChange={({ currentTarget }) => onChange(currentTarget.value || undefined)} />;
}

const TYPING_MS = 400;

function Typed({ label, value, onChange }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  const [typed, setTyped] = useState(value ?? "");
  const tell = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), TYPING_MS);
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        tell(currentTarget.value);
      }}
      autoComplete="off"
      spellCheck={false}
      maxLength={200}
    />
  );
}
