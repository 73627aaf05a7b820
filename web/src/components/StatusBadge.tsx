import { Badge } from "@mantine/core";
import { Ban, Check, Circle, CircleDot, CircleSlash, Clock, type LucideIcon, OctagonAlert, Pause, ShieldCheck, TriangleAlert, X } from "lucide-react";
import type { Schema } from "@/api/client";
import type { Tone } from "@/app/theme";

type Known = Schema["Risk"] | Schema["ReviewState"] | Schema["VersionState"] | Schema["ServerStatus"] | Schema["GrantState"] | "succeeded" | "failed" | "live";

const LOOKS: Record<Known, { tone: Tone; icon: LucideIcon; label: string }> = {
  low: { tone: "ok", icon: ShieldCheck, label: "Low risk" },
  medium: { tone: "brand", icon: CircleDot, label: "Medium risk" },
  high: { tone: "warn", icon: TriangleAlert, label: "High risk" },
  critical: { tone: "bad", icon: OctagonAlert, label: "Critical risk" },
  open: { tone: "brand", icon: CircleDot, label: "Waiting" },
  pending: { tone: "brand", icon: CircleDot, label: "Waiting" },
  pending_review: { tone: "brand", icon: CircleDot, label: "Waiting" },
  approved: { tone: "ok", icon: Check, label: "Approved" },
  rejected: { tone: "bad", icon: X, label: "Sent back" },
  revoked: { tone: "gray", icon: Ban, label: "Revoked" },
  expired: { tone: "warn", icon: Clock, label: "Expired" },
  superseded: { tone: "gray", icon: CircleSlash, label: "Superseded" },
  draft: { tone: "gray", icon: Circle, label: "Draft" },
  running: { tone: "ok", icon: Check, label: "Running" },
  stopped: { tone: "gray", icon: Pause, label: "Stopped" },
  live: { tone: "ok", icon: Check, label: "Live" },
  succeeded: { tone: "ok", icon: Check, label: "Succeeded" },
  failed: { tone: "bad", icon: X, label: "Failed" },
};

/** A state in a word, with a sign of its own: colour alone never tells. */
export function StatusBadge({ status, label }: { status: Known; label?: string }) {
  const { tone, icon: Icon, label: usual } = LOOKS[status];
  return (
    <Badge color={tone} leftSection={<Icon size={13} aria-hidden="true" />}>
      {label ?? usual}
    </Badge>
  );
}
