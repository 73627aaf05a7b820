import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { api, type Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { PageSkeleton } from "@/components/PageSkeleton";
import { SubNav } from "@/components/SubNav";
import classes from "./AuditPage.module.css";
import { Clock } from "./Clock";
import { Choice } from "./Filters";
import type { AuditSearch } from "./route";
import { ChainCheck } from "./ChainCheck";
import { Decisions } from "./Decisions";

const AuditDrawer = lazy(() => import("./AuditDrawer"));

export type AuditEvent = Schema["Page_AuditEvent"]["items"][number];

const ABOUT = [
  { value: "review.", label: "Reviews" },
  { value: "grant.", label: "Grants" },
  { value: "tool.", label: "Tools" },
  { value: "server.", label: "Servers" },
  { value: "secret.", label: "Secrets" },
  { value: "packages.", label: "Packages" },
  { value: "settings.", label: "Settings" },
  { value: "session.", label: "Logins" },
  { value: "user.", label: "Accounts" },
];

const COLUMNS: Column<AuditEvent>[] = [
  { label: "What", cell: ({ action }) => <CodeName>{action}</CodeName> },
  { label: "By", cell: ({ actor }) => <HostileText text={actor.name} limit={80} /> },
  { label: "About", cell: ({ subject }) => <CodeName>{subject}</CodeName>, isWideOnly: true },
  { label: "When", cell: ({ at }) => <Clock at={at} />, width: 130 },
];

/** Who decided and changed what, in a chain that shows tampering. */
export function AuditPage() {
  const search = useSearch({ from: "/shell/activity/audit" });
  const navigate = useNavigate({ from: "/activity/audit" });
  const { by, about, subject, page = 1, event } = search;
  const { data, error } = api.useQuery("get", "/api/audit", { params: { query: { actor: by, action: about, subject, page } } }, { placeholderData: keepPreviousData });
  if (error) throw error;
  const change = (part: AuditSearch) => void navigate({ search: (old) => ({ ...old, page: undefined, ...part }), resetScroll: false, replace: "by" in part || "subject" in part });
  return (
    <>
      <PageHeader title="Audit" actions={<ChainCheck />}>
        Every decision and change. Each event holds the hash of the one before, so that nothing can be taken out or rewritten unseen.
      </PageHeader>
      <SubNav root="/activity" label="Activity" />
      <Decisions />
      <div className={classes.filters} role="search" aria-label="Filters">
        <Choice label="What about" every="Everything" data={ABOUT} value={about} onChange={(value) => change({ about: value })} />
        <Typed label="By whom, exactly" value={by} onChange={(value) => change({ by: value })} />
        <Typed label="Subject, for instance tool:…" value={subject} onChange={(value) => change({ subject: value })} />
      </div>
      {data ? (
        <DataTable
          label="Audit events"
          rows={data.items}
          columns={COLUMNS}
          rowKey={({ sequence }) => String(sequence)}
          rowLink={({ sequence }) => ({ to: "/activity/audit", search: { ...search, event: sequence } })}
          empty={
            <EmptyState icon={ScrollText} title="No such event">
              Widen the filters to see more.
            </EmptyState>
          }
          paging={{ ...data, onPage: (turned) => change({ page: turned }) }}
        />
      ) : (
        <PageSkeleton />
      )}
      {event !== undefined && (
        <Suspense fallback={null}>
          <AuditDrawer event={data?.items.find(({ sequence }) => sequence === event)} onClose={() => change({ event: undefined, page })} />
        </Suspense>
      )}
    </>
  );
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
