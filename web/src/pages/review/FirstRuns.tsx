import { Button, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Ban, Check, X } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { duration } from "@/components/time";
import classes from "./FirstRuns.module.css";

/** What was approved did this first, live; and the way back. */
export function FirstRuns({ id }: { id: string }) {
  const { data } = api.useQuery("get", "/api/reviews/{id}/first-runs", { params: { path: { id } } });
  if (!data) return null;
  const { runs, total, failed, is_revocable: isRevocable, tool } = data;
  return (
    <Group justify="space-between" p="md">
      <div className={classes.runs}>
        <Text fw={600}>First runs</Text>
        {runs.length === 0 ? (
          <Text c="dimmed">{isRevocable ? "No client has called it yet. Its first runs appear here by themselves." : "No client has called it."}</Text>
        ) : (
          <>
            <ul className={classes.strip} aria-label="First runs">
              {runs.map((run) => (
                <Dot key={run.id} run={run} />
              ))}
            </ul>
            <Text c="dimmed" size="sm">
              {counted(total, "run")}, {failed === 0 ? "none failed" : `${failed} failed`}
            </Text>
          </>
        )}
      </div>
      {isRevocable && <Revoke id={id} tool={tool} />}
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

function Revoke({ id, tool }: { id: string; tool: string }) {
  const [isOpen, setOpen] = useState(false);
  const [why, setWhy] = useState("");
  const queries = useQueryClient();
  const whyNot = useWhyReadOnly();
  const revoke = api.useMutation("post", "/api/reviews/{id}/revoke", {
    onSuccess: () => queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/reviews") }),
  });
  const confirm = () => revoke.mutateAsync({ params: { path: { id } }, body: { comment: why.trim() } });
  return (
    <>
      <Button variant="outline" color="bad" leftSection={<Ban size={16} aria-hidden="true" />} disabled={whyNot !== undefined} onClick={() => setOpen(true)}>
        Revoke
      </Button>
      <ConfirmDialog isOpen={isOpen} onClose={() => setOpen(false)} title="Revoke the approval?" action="Revoke" onConfirm={confirm}>
        <Text mb="sm">
          Calls of <CodeName>{tool}</CodeName> run the version before this one at once, or stop when there is none. What this approval granted is taken back.
        </Text>
        <TextInput label="Why? The LLM reads it (optional)" value={why} onChange={(event) => setWhy(event.currentTarget.value)} />
      </ConfirmDialog>
    </>
  );
}
