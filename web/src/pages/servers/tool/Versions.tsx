import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { capabilityName, capabilityVerb } from "@/components/capability";
import { CodeName } from "@/components/CodeName";
import { CodeDiff, WholeCode } from "@/components/CodeView";
import { DiffText } from "@/components/DiffText";
import { HostileText } from "@/components/HostileText";
import { PageSkeleton } from "@/components/PageSkeleton";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { sentence } from "@/api/problem";
import classes from "./Versions.module.css";

type Version = Schema["VersionSummary"];

/** How the tool got here: every version, who wrote it, who approved it, what it changed. */
export function Versions({ tool }: { tool: string }) {
  const { data } = api.useSuspenseQuery("get", "/api/tools/{id}/versions", { params: { path: { id: tool }, query: { page_size: 100 } } });
  return (
    <ol className={classes.list} reversed>
      {data.items.map((version) => (
        <Entry key={version.id} tool={tool} version={version} />
      ))}
    </ol>
  );
}

function Entry({ tool, version }: { tool: string; version: Version }) {
  const [shown, setShown] = useState<"diff" | "code">();
  const press = (what: "diff" | "code") => setShown(shown === what ? undefined : what);
  const { decision } = version;
  return (
    <li className={`${classes.version} ${version.is_live ? classes.live : ""}`}>
      <Group gap={8}>
        <Text fw={600}>Version {version.version}</Text>
        {version.is_live && <StatusBadge status="live" />}
        <StatusBadge status={version.state} />
        {version.restored_from && <Text c="dimmed">restores version {version.restored_from}</Text>}
      </Group>
      <Text c="dimmed">
        Written by <HostileText text={version.created_by.name} limit={100} /> <TimeAgo at={version.created_at} />
        {decision && (
          <>
            ; {version.state === "rejected" ? "sent back" : "decided"} by <HostileText text={decision.by.name} limit={100} /> <TimeAgo at={decision.at} />
          </>
        )}
      </Text>
      {decision?.comment && (
        <Text className={classes.words}>
          <HostileText text={decision.comment} limit={1_000} />
        </Text>
      )}
      {version.capabilities.length > 0 && (
        <Text size="sm" c="dimmed" mt={4}>
          Needs to{" "}
          {version.capabilities.map((capability, index) => (
            <span key={index}>
              {index > 0 && ", "}
              {capabilityVerb(capability)} <CodeName size={12}>{capabilityName(capability)}</CodeName>
            </span>
          ))}
        </Text>
      )}
      <Group gap={8} mt={8}>
        {version.version > 1 && (
          <Button variant="default" aria-expanded={shown === "diff"} onClick={() => press("diff")}>
            What changed
          </Button>
        )}
        <Button variant="default" aria-expanded={shown === "code"} onClick={() => press("code")}>
          Code
        </Button>
        <Text size="xs" c="dimmed" className="mono" title={version.content_hash}>
          {version.content_hash.slice(0, 12)}
        </Text>
      </Group>
      {shown && (
        <div style={{ marginTop: 12 }}>
          {shown === "diff" ? <Changes tool={tool} number={version.version} /> : <Code tool={tool} number={version.version} />}
        </div>
      )}
    </li>
  );
}

function Changes({ tool, number }: { tool: string; number: number }) {
  const { data, error } = api.useQuery("get", "/api/tools/{id}/versions/{number}/diff", { params: { path: { id: tool, number } } });
  if (error) return <Text c="bad">{sentence(error)}</Text>;
  if (!data) return <PageSkeleton lines={2} />;
  const { code, description } = data;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {data.from ? `Against version ${data.from}: ` : ""}
        {code.added} lines added, {code.removed} removed{description.unified ? "; the description changed too" : ""}.
      </Text>
      {code.hunks.length > 0 ? <CodeDiff diff={code} label={`Changes of version ${number}`} /> : <Text>The code is the same.</Text>}
      {description.unified && <DiffText diff={description} label={`Changes of the description in version ${number}`} />}
    </Stack>
  );
}

function Code({ tool, number }: { tool: string; number: number }) {
  const { data, error } = api.useQuery("get", "/api/tools/{id}/versions/{number}", { params: { path: { id: tool, number } } });
  if (error) return <Text c="bad">{sentence(error)}</Text>;
  return data ? <WholeCode text={data.content.code} label={`Code of version ${number}`} /> : <PageSkeleton lines={2} />;
}
