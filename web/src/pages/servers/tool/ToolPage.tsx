import { Alert, Anchor, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { CircleSlash, ShieldQuestion, TriangleAlert } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { api, client, type Schema } from "@/api/client";
import { useWhyReadOnly } from "@/api/status";
import { capabilityName, capabilityVerb } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { WholeCode } from "@/components/CodeView";
import { CopyButton } from "@/components/CopyButton";
import { HostileText } from "@/components/HostileText";
import { PageHeader } from "@/components/PageHeader";
import { PageSkeleton } from "@/components/PageSkeleton";
import { Section } from "@/components/Section";
import { liveVersion } from "../queries";
import { ToolState } from "../ToolState";

type Tool = Schema["ToolDetail"];

// Most of what the form is made of, no other page needs at its start.
const Runs = lazy(() => import("../Runs").then((module) => ({ default: module.Runs })));
const Versions = lazy(() => import("./Versions").then((module) => ({ default: module.Versions })));
const RunForm = lazy(() => import("./RunForm").then((module) => ({ default: module.RunForm })));

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** What a tool does, and how it got here. */
export function ToolPage() {
  const { id: server, tool: name } = useParams({ from: "/shell/servers/$id/tools/$tool" });
  const search = useSearch({ from: "/shell/servers/$id/tools/$tool" });
  const navigate = useNavigate({ from: "/servers/$id/tools/$tool" });
  const id = ID.test(name) ? name : `${server}__${name}`;
  const { data: tool } = api.useSuspenseQuery("get", "/api/tools/{id}", { params: { path: { id } } });
  const live = liveVersion(tool);
  const shown = live ?? tool.newest;
  return (
    <>
      <PageHeader
        title={
          <Group gap={4} component="span" display="inline-flex">
            <CodeName size={24}>{tool.name}</CodeName>
            <CopyButton value={tool.published_name} label="Copy the name that clients call" />
          </Group>
        }
        parent={{ label: tool.server, to: `/servers/${tool.server}` }}
        badges={<ToolState tool={{ ...tool, live_version: live?.number }} />}
        actions={<EnableOrDisable tool={tool} />}
      >
        <HostileText text={shown.content.description} limit={4_000} />
      </PageHeader>
      <Notices tool={tool} />
      <Section title={tool.published ? "Run it" : "Test it"}>
        <Suspense fallback={<PageSkeleton lines={2} />}>
          <RunForm key={tool.published ? shown.id : tool.newest.id} tool={tool} />
        </Suspense>
      </Section>
      <Section
        title="What it may do"
        more={
          <Anchor component={Link} to="/servers/$id/grants" params={{ id: tool.server } as never}>
            Change grants
          </Anchor>
        }
      >
        <Grants tool={tool} />
      </Section>
      <Section title={live ? `Code of version ${shown.number}, live` : `Code of version ${shown.number}, not approved`} more={<CopyButton value={shown.content.code} label="Copy the code" />}>
        <WholeCode text={shown.content.code} label="Code of the tool" />
      </Section>
      <Section title="Versions">
        <Suspense fallback={<PageSkeleton lines={2} />}>
          <Versions tool={tool.id} />
        </Suspense>
      </Section>
      <Section title="Runs">
        <Suspense fallback={<PageSkeleton lines={2} />}>
          <Runs tool={tool.id} search={search} onSearch={(next) => void navigate({ search: next, resetScroll: false })} />
        </Suspense>
      </Section>
      <Danger tool={tool} />
    </>
  );
}

/** What stands between the tool and its callers. */
function Notices({ tool }: { tool: Tool }) {
  const { data: status } = api.useSuspenseQuery("get", "/api/tools/{id}/status", { params: { path: { id: tool.id } } });
  const missing = status.secrets_without_value;
  return (
    <Stack gap="sm" mb="lg">
      {tool.open_review && (
        <Alert color="brand" icon={<ShieldQuestion size={18} />}>
          Version {tool.newest.number} waits for your decision.{" "}
          <Anchor href={`/approvals/${tool.open_review}`} inherit c="inherit" td="underline">
            Review it
          </Anchor>
        </Alert>
      )}
      {!tool.open_review && status.not_published_because && (
        <Alert color="gray" icon={<CircleSlash size={18} />}>
          Clients do not see it: <HostileText text={status.not_published_because} limit={500} />.
        </Alert>
      )}
      {missing.length > 0 && (
        <Alert color="warn" icon={<TriangleAlert size={18} />}>
          Calls fail until {missing.length === 1 ? "this secret has" : "these secrets have"} a value: <CodeName>{missing.join(", ")}</CodeName>.{" "}
          <Anchor component={Link} to="/servers/$id/secrets" params={{ id: tool.server } as never} inherit c="inherit" td="underline">
            Set {missing.length === 1 ? "it" : "them"}
          </Anchor>
        </Alert>
      )}
      {status.packages && (
        <Alert color="warn" icon={<TriangleAlert size={18} />}>
          <HostileText text={status.packages} limit={1_000} />
        </Alert>
      )}
    </Stack>
  );
}

function Grants({ tool }: { tool: Tool }) {
  const granted = tool.grants.filter(({ state }) => state === "approved");
  return (
    <Paper p="md">
      {granted.length === 0 ? (
        <Text>It may only compute: no host, no secret, no module beyond the defaults.</Text>
      ) : (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {granted.map(({ id, capability, scope, decided_by: by }) => (
            <li key={id}>
              {capabilityVerb(capability)} <CodeName>{capabilityName(capability)}</CodeName>
              <Text span c="dimmed">
                {scope.level === "server" && ", as all tools of the server"}
                {scope.level === "everywhere" && ", as every tool"}
                {by && (
                  <>
                    , granted by <HostileText text={by.name} limit={60} />
                  </>
                )}
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Paper>
  );
}

function EnableOrDisable({ tool }: { tool: Tool }) {
  const [isAsking, ask] = useState(false);
  const change = api.useMutation("patch", "/api/tools/{id}");
  const whyNot = useWhyReadOnly();
  const params = { path: { id: tool.id } };
  if (!tool.enabled) {
    return (
      <Button loading={change.isPending} disabled={whyNot !== undefined} onClick={() => change.mutate({ params, body: { enabled: true } })}>
        Enable
      </Button>
    );
  }
  return (
    <>
      <Button variant="default" disabled={whyNot !== undefined} onClick={() => ask(true)}>
        Disable
      </Button>
      <ConfirmDialog isOpen={isAsking} onClose={() => ask(false)} title={`Disable ${tool.name}?`} action="Disable the tool" onConfirm={() => client.PATCH("/api/tools/{id}", { params, body: { enabled: false } })}>
        {tool.published ? "Clients lose it at once" : "Clients will not see it"}, until you enable it again. Its versions, its approval and its grants stay.
      </ConfirmDialog>
    </>
  );
}

function Danger({ tool }: { tool: Tool }) {
  const [isAsking, ask] = useState(false);
  const navigate = useNavigate();
  const whyNot = useWhyReadOnly();
  const remove = async () => {
    await client.DELETE("/api/tools/{id}", { params: { path: { id: tool.id } } });
    await navigate({ to: "/servers/$id", params: { id: tool.server } });
  };
  return (
    <Section title="Danger zone">
      <Paper p="md" style={{ borderColor: "var(--bad)" }}>
        <Group justify="space-between">
          <Text maw={520}>Delete it, with all its versions and the grants that were its alone. The log of its runs and the audit log stay.</Text>
          <Button variant="outline" color="bad" disabled={whyNot !== undefined} onClick={() => ask(true)}>
            Delete the tool
          </Button>
        </Group>
      </Paper>
      <ConfirmDialog isOpen={isAsking} onClose={() => ask(false)} title={`Delete ${tool.published_name}?`} action="Delete the tool" typed={tool.published_name} onConfirm={remove}>
        {tool.newest.number === 1 ? "Its version" : `All ${tool.newest.number} versions`} and its own grants are gone for good. {tool.published && "Clients lose it at once. "}This cannot be undone.
      </ConfirmDialog>
    </Section>
  );
}
