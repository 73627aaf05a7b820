import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { type Capability, capabilityName, capabilityVerb, DENIED } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Dialog } from "@/components/Dialog";
import { HostileText } from "@/components/HostileText";
import { TermField } from "@/components/TermField";
import { expiresAt, isWhole } from "@/components/term";
import { TimeAgo } from "@/components/TimeAgo";
import { Until } from "@/components/Until";
import { asRequest, type Cell, type Target } from "./matrix";

/** What was pressed. */
export interface Pressed {
  cell: Cell;
  capability: Capability;
  target: Target;
}

/** The question that belongs to what was pressed: revoke, decide, or grant. */
export function GrantDialogs({ pressed, onClose }: { pressed: Pressed | undefined; onClose: () => void }) {
  const [last, setLast] = useState<Pressed>();
  if (pressed && pressed !== last) setLast(pressed);
  const shown = pressed ?? last;
  if (!shown) return null;
  const { cell, capability, target } = shown;
  const isOpen = pressed !== undefined;
  const grant = cell.grant;
  const what = <CodeName>{capabilityName(capability)}</CodeName>;
  if (cell.state === "pending" && grant) return <Decide key={grant.id} grant={grant} target={target} isOpen={isOpen} onClose={onClose} />;
  if (cell.state === "none" || cell.state === "expired") return <Give {...shown} isOpen={isOpen} onClose={onClose} />;
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Take it from ${target.name}?`}
      action="Revoke"
      onConfirm={() => client.POST("/api/grants/{id}/revoke", { params: { path: { id: grant?.id ?? "" } }, body: { content_hash: grant?.content_hash ?? "" } })}
    >
      <Stack gap="xs">
        <Text>
          {target.level === "server" ? "The tools of the server" : <CodeName>{target.name}</CodeName>} may no longer {capabilityVerb(capability)} {what}, at once. {DENIED[capability.kind]}, and the LLM is told why. The tool stays as it is, and you can grant it again.
        </Text>
        {grant && <Why grant={grant} />}
      </Stack>
    </ConfirmDialog>
  );
}

/** Grants it, for good or for a time. */
function Give({ cell, capability, target, isOpen, onClose }: Pressed & { isOpen: boolean; onClose: () => void }) {
  const [term, setTerm] = useState("");
  const give = async () => {
    if (!isWhole(term)) throw new Error("Pick the day until which it is granted.");
    await client.POST("/api/grants", { body: { scope: { level: target.level, id: target.id }, capability: asRequest(capability), expires_at: expiresAt(term) } });
    setTerm("");
  };
  const isServer = target.level === "server";
  return (
    <ConfirmDialog isOpen={isOpen} onClose={onClose} title={`Grant it to ${target.name}${cell.state === "expired" ? " again" : ""}?`} action="Grant" tone="brand" onConfirm={give}>
      <Stack gap="sm">
        <Text>
          From now on {isServer ? "all tools of the server, also those that come later," : <CodeName>{target.name}</CodeName>} may {capabilityVerb(capability)} <CodeName>{capabilityName(capability)}</CodeName>. {isServer && "Granting it to single tools is the safer way."}
        </Text>
        <TermField label="How long" value={term} onChange={setTerm} />
      </Stack>
    </ConfirmDialog>
  );
}

function Why({ grant }: { grant: Schema["Grant"] }) {
  return (
    <Text size="sm" c="dimmed">
      Asked by <HostileText text={grant.requested_by.name} limit={100} /> <TimeAgo at={grant.created_at} />
      {grant.expires_at && (
        <>
          , granted <Until at={grant.expires_at} />
        </>
      )}
      {grant.justification && (
        <>
          : <HostileText text={grant.justification} limit={1_000} />
        </>
      )}
    </Text>
  );
}

/** A request for a single capability that waits. */
function Decide({ grant, target, isOpen, onClose }: { grant: Schema["GrantItem"]; target: Target; isOpen: boolean; onClose: () => void }) {
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState<"approve" | "reject">();
  const [error, setError] = useState<unknown>();
  const whyNot = useWhyReadOnly();
  const decide = async (verdict: "approve" | "reject") => {
    setBusy(verdict);
    setError(undefined);
    try {
      await client.POST(verdict === "approve" ? "/api/grants/{id}/approve" : "/api/grants/{id}/reject", { params: { path: { id: grant.id } }, body: { content_hash: grant.content_hash, comment } });
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <Dialog opened={isOpen} onClose={onClose} title={`${target.name} asks for more`}>
      <Stack>
        <Text>
          If you grant this, <CodeName>{target.name}</CodeName> may {capabilityVerb(grant.capability)} <CodeName>{capabilityName(grant.capability)}</CodeName>, at once.
        </Text>
        <Why grant={grant} />
        <TextInput label="Words for the LLM" description="Optional. When you refuse, say what it should do instead." value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
        {error !== undefined && (
          <Text c="bad" role="alert">
            {sentence(error)}
          </Text>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" loading={busy === "reject"} disabled={whyNot !== undefined || busy !== undefined} onClick={() => void decide("reject")}>
            Refuse
          </Button>
          <Button loading={busy === "approve"} disabled={whyNot !== undefined || busy !== undefined} onClick={() => void decide("approve")}>
            Grant
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
