import { Badge } from "@mantine/core";
import { CircleSlash } from "lucide-react";
import { StatusBadge } from "@/components/StatusBadge";
import type { ToolItem } from "./queries";

/** Whether clients see a tool, in a word. */
export function ToolState({ tool }: { tool: Pick<ToolItem, "enabled" | "published" | "live_version"> }) {
  if (tool.published) return <StatusBadge status="live" label="Published" />;
  if (!tool.enabled) {
    return (
      <Badge color="gray" leftSection={<CircleSlash size={13} aria-hidden="true" />}>
        Disabled
      </Badge>
    );
  }
  return tool.live_version ? <StatusBadge status="stopped" label="Not published" /> : <StatusBadge status="draft" label="Not approved" />;
}
