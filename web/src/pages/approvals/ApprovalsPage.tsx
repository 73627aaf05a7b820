import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { PageSkeleton } from "@/components/PageSkeleton";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { HostileText } from "@/components/HostileText";
import { Gains } from "./Gains";
import { ReviewName } from "./ReviewName";
import { useRowKeys } from "./rowKeys";
import { SelectedReviews } from "./SelectedReviews";
import type { ApprovalsSearch } from "./route";

type Item = Schema["ReviewItem"];

const STATES = [
  { value: "open", label: "Waiting" },
  { value: "approved", label: "Approved" },
  { value: "rejected", label: "Sent back" },
  { value: "revoked", label: "Revoked" },
  { value: "superseded", label: "Superseded" },
];

const WAITING: Column<Item>[] = [
  { label: "Tool", cell: (item) => <ReviewName item={item} /> },
  { label: "Risk", cell: (item) => <StatusBadge status={item.risk} />, width: 150 },
  { label: "Newly allows", cell: (item) => <Gains requested={item.requested} />, isWideOnly: true },
  { label: "Asked", cell: (item) => <TimeAgo at={item.created_at} />, width: 140 },
];

const DECIDED: Column<Item>[] = [
  { label: "Tool", cell: (item) => <ReviewName item={item} /> },
  { label: "Outcome", cell: (item) => <StatusBadge status={item.state} />, width: 150 },
  { label: "By", cell: (item) => <HostileText text={item.decided_by?.name ?? "nobody"} />, isWideOnly: true },
  { label: "When", cell: (item) => <TimeAgo at={item.decided_at ?? item.created_at} />, width: 140 },
];

/** What needs me, worst first. */
export function ApprovalsPage() {
  const { state = "open", page = 1 } = useSearch({ from: "/shell/approvals" });
  const navigate = useNavigate({ from: "/approvals" });
  const { data, error } = api.useQuery("get", "/api/reviews", { params: { query: { state, page } } }, { placeholderData: keepPreviousData });
  if (error) throw error;
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => select((old) => new Set(old.has(id) ? [...old].filter((each) => each !== id) : [...old, id]));
  const chosen = data?.items.filter(({ id, state: now }) => now === "open" && selected.has(id)) ?? [];
  useRowKeys(toggle);
  const show = (search: ApprovalsSearch) => void navigate({ search });
  const shown = state === "open" ? undefined : state;
  return (
    <>
      <PageHeader title="Approvals">Nothing an LLM wrote runs for real until you approve it. Worst first.</PageHeader>
      <StateFilter state={state} onChange={(value) => show(value === "open" ? {} : { state: value as ApprovalsSearch["state"] })} />
      {data ? (
        <DataTable
          label="Reviews"
          rows={data.items}
          columns={state === "open" ? WAITING : DECIDED}
          rowKey={(item) => item.id}
          rowLink={(item) => ({ to: "/approvals/$id", params: { id: item.id } })}
          empty={<Nothing state={state} />}
          selection={state === "open" ? { keys: selected, onToggle: toggle, label: (item) => `Select ${item.tool}` } : undefined}
          paging={{ ...data, onPage: (turned) => show({ state: shown, page: turned }) }}
        />
      ) : (
        <PageSkeleton />
      )}
      {chosen.length > 0 && <SelectedReviews items={chosen} onClear={() => select(new Set())} />}
    </>
  );
}

/** Which reviews are listed; five words do not fit on a phone beside each other. */
function StateFilter({ state, onChange }: { state: string; onChange: (state: string) => void }) {
  const isNarrow = useMediaQuery("(max-width: 36em)", false, { getInitialValueInEffect: false });
  const props = { mb: "md", "aria-label": "Which reviews", data: STATES, value: state };
  if (isNarrow) return <NativeSelect {...props} onChange={(event) => onChange(event.currentTarget.value)} />;
  return <SegmentedControl {...props} onChange={onChange} />;
}

function Nothing({ state }: { state: string }) {
  if (state !== "open") {
    return (
      <EmptyState icon={Inbox} title="Nothing here yet">
        Reviews that were {state === "rejected" ? "sent back" : state} will be listed here.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={Inbox} title="Nothing waits for you">
      When your LLM asks to publish a tool, it appears here at once, with its code and everything it may newly do.
    </EmptyState>
  );
}
