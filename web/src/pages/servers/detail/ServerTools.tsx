import { Group, Text } from "@mantine/core";
import { Hammer } from "lucide-react";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { StatusBadge } from "@/components/StatusBadge";
import { Health } from "../Health";
import { firstLine, MOST, shortName, type ToolItem, toolLink, useServer, useTools } from "../queries";
import { ToolState } from "../ToolState";

const COLUMNS: Column<ToolItem>[] = [
  {
    label: "Tool",
    cell: (tool) => (
      <span>
        <Text span fw={500}>
          <CodeName>{shortName(tool.name)}</CodeName>
        </Text>
        <Text span size="sm" c="dimmed" lineClamp={2} style={{ display: "-webkit-box" }}>
          <HostileText text={firstLine(tool.description)} limit={300} />
        </Text>
      </span>
    ),
  },
  { label: "State", cell: (tool) => <ToolState tool={tool} />, width: 150 },
  { label: "Version", cell: (tool) => <Versions tool={tool} />, width: 190 },
  { label: "Last runs", cell: ({ id }) => <Health tool={id} />, width: 180 },
];

function Versions({ tool }: { tool: ToolItem }) {
  const isNewer = tool.live_version !== tool.newest_version;
  return (
    <Group gap={6} component="span" display="inline-flex">
      {tool.live_version && <span>{tool.live_version}</span>}
      {isNewer && <StatusBadge status={tool.state} label={`${tool.newest_version} ${STATES[tool.state] ?? tool.state}`} />}
    </Group>
  );
}

const STATES: Partial<Record<ToolItem["state"], string>> = { draft: "is a draft", pending_review: "waits", rejected: "was sent back", approved: "is approved" };

/** The tools of a server. */
export function ServerTools() {
  const server = useServer();
  const tools = useTools(server.id);
  return (
    <>
      <DataTable
        label="Tools"
        rows={tools.items}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        rowLink={({ name }) => toolLink(name)}
        empty={
          <EmptyState icon={Hammer} title="It has no tool yet">
            Ask your LLM: “Make a tool on the server {server.name} that …”. What it writes waits for your approval.
          </EmptyState>
        }
      />
      {tools.total > MOST && (
        <Text c="dimmed" mt="xs">
          The first {MOST} of {tools.total} tools.
        </Text>
      )}
    </>
  );
}
