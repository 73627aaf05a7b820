import { Button, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, Check, X } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { duration } from "@/components/time";
import classes from "./FirstRuns.module.css";
import { ask, type Detail } from "./coming";

const SHOWN = 20;

/** What the approved version did first, live, and the way back. */
export function FirstRuns({ detail, name, version }: { detail: Detail; name: string; version: Schema["Version"] }) {
  const filter = { tool: detail.tool.id, version: version.id, profile: "live" } as const;
  const { data } = api.useQuery("get", "/api/calls", { params: { query: { ...filter, page_size: SHOWN } } });
  const { data: all } = api.useQuery("get", "/api/calls/counts", { params: { query: filter } });
  const runs = [...(data?.items ?? [])].reverse();
  const failed = all?.failed ?? runs.filter(({ failure }) => failure).length;
  return (
    <Group justify="space-between" p="md">
      <div className={classes.runs}>
        <Text fw={600}>First runs</Text>
        {runs.length === 0 ? (
          <Text c="dimmed">No client has called it yet. Its first runs appear here by themselves.</Text>
        ) : (
          <>
            <ul className={classes.strip} aria-label="First runs">
              {runs.map((run) => (
                <Dot key={run.id} run={run} />
              ))}
            </ul>
            <Text c="dimmed" size="sm">
              {counted(all?.total ?? runs.length, "run")}, {failed === 0 ? "none failed" : `${failed} failed`}
            </Text>
          </>
        )}
      </div>
      {canRevoke(detail) && <Revoke detail={detail} name={name} />}
    </Group>
  );
}

function Dot({ run }: { run: Schema["CallRecord"] }) {
  const Icon = run.failure ? X : Check;
  const what = run.failure ? `Failed: ${run.failure.message.slice(0, 200)}` : "Succeeded";
  const said = `${what} (${duration(run.observed.duration_us / 1_000)})`;
  return (
    <Tooltip label={<HostileText text={said} />} multiline maw={360}>
      <li className={`${classes.dot} ${run.failure ? classes.failed : ""}`} tabIndex={0}>
        <Icon size={14} role="img" aria-label={said} />
      </li>
    </Tooltip>
  );
}

/** Servers that can take an approval back tell of regressions or of what an approval needs. */
const canRevoke = ({ regression, approval_needs }: Detail) => regression !== undefined || approval_needs !== undefined;

function Revoke({ detail, name }: { detail: Detail; name: string }) {
  const [isOpen, setOpen] = useState(false);
  const [why, setWhy] = useState("");
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly();
  const revoke = useMutation({
    mutationFn: () => ask("POST", `/api/reviews/${detail.review.id}/revoke`, { comment: why.trim() }),
    onSuccess: () => queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/reviews") }),
  });
  return (
    <>
      <Button variant="outline" color="bad" leftSection={<Ban size={16} aria-hidden="true" />} disabled={whyNot !== undefined} onClick={() => setOpen(true)}>
        Revoke
      </Button>
      <ConfirmDialog isOpen={isOpen} onClose={() => setOpen(false)} title="Revoke the approval" action="Revoke" onConfirm={() => revoke.mutateAsync()}>
        <Text mb="sm">
          Calls of <span className="mono"><HostileText text={name} /></span> run the version before this one at once, or stop when there is none. What this approval granted is taken back.
        </Text>
        <TextInput label="Why? The LLM reads it (optional)" value={why} onChange={(event) => setWhy(event.currentTarget.value)} />
      </ConfirmDialog>
    </>
  );
}
