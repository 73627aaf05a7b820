import { Alert, Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useSearch } from "@tanstack/react-router";
import { FileText, Plus, Server } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { PageHeader } from "@/components/PageHeader";
import { StatusBadge } from "@/components/StatusBadge";
import { useCommands } from "@/shell/commands";
import { CreateServer } from "./CreateServer";
import { Health } from "./Health";
import { firstLine } from "./queries";

type Item = Schema["ServerSummary"];

const COLUMNS: Column<Item>[] = [
  { label: "Server", cell: (item) => <NameAndPurpose item={item} /> },
  { label: "Status", cell: ({ status }) => <StatusBadge status={status} />, width: 130 },
  { label: "Tools", cell: (item) => <ToolCount item={item} />, width: 160 },
  { label: "Last runs", cell: ({ id }) => <Health server={id} />, width: 200 },
];

function NameAndPurpose({ item }: { item: Item }) {
  return (
    <span>
      <Text span fw={500}>
        <CodeName>{item.name}</CodeName>
      </Text>
      {item.description && (
        <Text span size="sm" c="dimmed" lineClamp={2} style={{ display: "-webkit-box" }}>
          <HostileText text={firstLine(item.description)} limit={300} />
        </Text>
      )}
    </span>
  );
}

function ToolCount({ item }: { item: Item }) {
  const drafts = item.tools - item.live_tools;
  return (
    <span>
      {item.live_tools} approved
      {drafts > 0 && (
        <Text span c="dimmed">
          , {drafts} not
        </Text>
      )}
    </span>
  );
}

/** What runs, is it healthy? */
export function ServersPage() {
  const [page, setPage] = useState(1);
  const { login } = useSearch({ from: "/shell/servers" });
  const { data } = api.useSuspenseQuery("get", "/api/servers", { params: { query: { page, page_size: 100 } } });
  const [isOpen, dialog] = useDisclosure(false);
  const whyNot = useWhyReadOnly();
  useCommands([{ id: "create server", label: "Create a server", group: "Servers", icon: Plus, keys: "c", run: dialog.open }]);
  const running = data.items.filter(({ status }) => status === "running").length;
  const create = (
    <Button leftSection={<Plus size={16} />} onClick={dialog.open} disabled={whyNot !== undefined}>
      Create a server
    </Button>
  );
  const fromDocument = (
    <Button component={Link} to="/servers/import-openapi" variant="default" leftSection={<FileText size={16} />}>
      From an OpenAPI document
    </Button>
  );
  const actions = (
    <>
      {fromDocument}
      {create}
    </>
  );
  return (
    <>
      <PageHeader title="Servers" actions={data.total > 0 && actions}>
        {data.total === 0 ? "A server is a group of tools that share secrets, limits and rules." : `${running} of ${counted(data.total, "server")} publish their tools. Clients see no others.`}
      </PageHeader>
      {login === "astray" && (
        <Alert color="bad" role="alert" mb="md">
          You came back from a login at a source that did not begin in this browser, or took longer than ten minutes. Open the source and log in once more.
        </Alert>
      )}
      <DataTable
        label="Servers"
        rows={data.items}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        rowLink={({ name }) => ({ to: "/servers/$id", params: { id: name } })}
        empty={
          <EmptyState icon={Server} title="There is no server yet" action={<Group justify="center">{actions}</Group>}>
            Your LLM makes one when it needs it; ask it for a tool. You can also make one yourself and tell it to use that, or begin with the operations of an API that you have a document of.
          </EmptyState>
        }
        paging={{ ...data, onPage: setPage }}
      />
      <CreateServer isOpen={isOpen} onClose={dialog.close} />
    </>
  );
}
