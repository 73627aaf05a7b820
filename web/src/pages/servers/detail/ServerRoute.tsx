import { Alert, Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { Suspense } from "react";
import { api, client } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";
import { PageHeader } from "@/components/PageHeader";
import { PageSkeleton } from "@/components/PageSkeleton";
import { StatusBadge } from "@/components/StatusBadge";
import { TabLinks } from "@/components/TabLinks";
import { useServer } from "../queries";

/** One server: its head, and the part that the address names. */
export function ServerRoute() {
  const server = useServer();
  const base = `/servers/${server.name}`;
  const waiting = server.secrets.filter(({ has_value }) => !has_value).length;
  const tabs = [
    { label: "Tools", to: base, count: server.tools },
    { label: "Grants", to: `${base}/grants` },
    { label: "Secrets", to: `${base}/secrets`, count: server.secrets.length },
    { label: "Sources", to: `${base}/sources` },
    { label: "Runs", to: `${base}/logs` },
    { label: "Settings", to: `${base}/settings` },
  ];
  return (
    <>
      <PageHeader
        title={<CodeName size={24}>{server.name}</CodeName>}
        parent={{ label: "Servers", to: "/servers" }}
        badges={<StatusBadge status={server.status} />}
        actions={<StartOrStop server={server} />}
      >
        {server.description ? <HostileText text={server.description} limit={2_000} /> : undefined}
      </PageHeader>
      {waiting > 0 && (
        <Alert color="warn" mb="md">
          {counted(waiting, "secret")} {waiting === 1 ? "has" : "have"} no value yet, so what needs {waiting === 1 ? "it" : "them"} fails.{" "}
          <Text component={Link} to={`${base}/secrets`} inherit td="underline" c="inherit">
            Set {waiting === 1 ? "it" : "them"}
          </Text>
        </Alert>
      )}
      <TabLinks label="Parts of the server" tabs={tabs} />
      <Suspense fallback={<PageSkeleton lines={3} />}>
        <Outlet />
      </Suspense>
    </>
  );
}

type Server = ReturnType<typeof useServer>;

function StartOrStop({ server }: { server: Server }) {
  const [isAsking, dialog] = useDisclosure(false);
  const start = api.useMutation("post", "/api/servers/{id}/start");
  const whyNot = useWhyReadOnly();
  if (server.status === "running") {
    return (
      <>
        <Button variant="default" leftSection={<Pause size={16} />} onClick={dialog.open} disabled={whyNot !== undefined}>
          Stop
        </Button>
        <StopDialog server={server} isOpen={isAsking} onClose={dialog.close} />
      </>
    );
  }
  return (
    <div>
      <Button leftSection={<Play size={16} />} loading={start.isPending} onClick={() => start.mutate({ params: { path: { id: server.id } } })} disabled={whyNot !== undefined}>
        Start
      </Button>
      {start.isError && (
        <Text c="bad" size="sm" role="alert">
          {sentence(start.error)}
        </Text>
      )}
    </div>
  );
}

/** Asks before clients lose the tools. */
export function StopDialog({ server, isOpen, onClose }: { server: Server; isOpen: boolean; onClose: () => void }) {
  const published = server.published.length;
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Stop ${server.name}?`}
      action="Stop the server"
      onConfirm={() => client.POST("/api/servers/{id}/stop", { params: { path: { id: server.id } } })}
    >
      {published === 0 ? "It publishes no tool now, so clients notice nothing." : `Clients lose its ${counted(published, "published tool")} at once.`} Nothing is deleted: start it again, and all is as before.
    </ConfirmDialog>
  );
}
