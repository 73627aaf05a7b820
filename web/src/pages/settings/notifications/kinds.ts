import type { Schema } from "@/api/client";

export type Target = Schema["Target"];
export type Kind = Schema["TargetKind"];
export type NoticeEvent = Schema["NoticeEvent"];

interface Words {
  label: string;
  /** What it is good for, and where its address comes from. */
  about: string;
  placeholder: string;
}

export const KINDS: Record<Kind, Words> = {
  ntfy: { label: "ntfy", about: "A push message on your phone: the address of a topic on ntfy.sh or on your own server. Who knows the topic can read along, so choose a name nobody guesses.", placeholder: "https://ntfy.sh/your-topic" },
  discord: { label: "Discord", about: "A message in a channel: Edit channel, Integrations, Webhooks, New webhook, Copy webhook URL.", placeholder: "https://discord.com/api/webhooks/…" },
  slack: { label: "Slack", about: "A message in a channel: add an app with Incoming Webhooks to your workspace and copy its URL. Mattermost and Rocket.Chat understand the same.", placeholder: "https://hooks.slack.com/services/…" },
  webhook: { label: "Webhook", about: "JSON to a program of yours, signed as Standard Webhooks say when you give it a secret.", placeholder: "https://example.com/hooks/mcpbox" },
};

export const EVENTS: Record<NoticeEvent, string> = {
  review_waiting: "A tool waits for my decision",
  granted_get: "A rule approved a tool that reads hosts I granted",
  rule_approved: "Another rule approved something",
  sandbox_failure: "Tools cannot run, and when they can again",
  tier_drop: "The sandbox holds fewer layers than before",
  error_rate: "Half of the calls fail",
  disk_full: "The disk is almost full",
  backup_failed: "A scheduled backup could not be made",
  source_down: "A source of tools does not answer",
  tool_quarantined: "A tool is withheld because its source changed it",
};

export const USUAL: NoticeEvent[] = ["review_waiting", "granted_get", "sandbox_failure", "tier_drop", "error_rate", "disk_full", "backup_failed", "source_down", "tool_quarantined"];

/** The events as one sentence goes on: "a tool waits for my decision; the disk is almost full". */
export function told(events: NoticeEvent[]): string {
  return events.map((event) => EVENTS[event].charAt(0).toLowerCase() + EVENTS[event].slice(1)).join("; ");
}

/** A new signing secret: 32 random bytes in the form of Standard Webhooks. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

/** Whether people elsewhere could open a link to this address. */
export function isOnlyHere(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
