import { Alert, Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { client, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { CodeName } from "@/components/CodeName";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { programWords } from "@/components/capability";
import type { Grant } from "../grants/matrix";
import { ruleOf, type Source } from "./words";

interface Props {
  source: Source;
  server: Schema["ServerDetail"];
  grant: Grant | undefined;
}

const WHY: Partial<Record<NonNullable<Source["access"]>, string>> = {
  rejected: "You refused that it is reached.",
  revoked: "It was taken back that it may be reached.",
  expired: "The time for which it might be reached is over.",
};

/** Nothing is sent to a source until somebody allows it. */
export function Access({ source, server, grant }: Props) {
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>();
  const whyNot = useWhyReadOnly(grant ? "reviewer" : "admin");
  const allow = () =>
    grant
      ? client.POST("/api/grants/{id}/approve", { params: { path: { id: grant.id } }, body: { content_hash: grant.content_hash } })
      : client.POST("/api/grants", { body: { scope: { level: "server", id: server.id }, capability: { kind: "source", ...ruleOf(source) } } });
  const refuse = async () => {
    setError(undefined);
    if (!grant) return;
    try {
      await client.POST("/api/grants/{id}/reject", { params: { path: { id: grant.id } }, body: { content_hash: grant.content_hash } });
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Alert color={grant ? "brand" : "gray"}>
      <Group justify="space-between" gap="sm">
        <Text inherit style={{ flex: "1 1 240px" }}>
          {(source.access && WHY[source.access]) ?? (source.program ? "It is not started until you allow it." : "Nothing is sent there until you allow it.")}
        </Text>
        <Group gap="xs">
          {grant && (
            <Button variant="default" onClick={() => void refuse()} disabled={whyNot !== undefined}>
              Refuse
            </Button>
          )}
          <Button onClick={() => setAsking(true)} disabled={whyNot !== undefined}>
            Allow
          </Button>
        </Group>
      </Group>
      {error !== undefined && (
        <Text c="bad" role="alert">
          {sentence(error)}
        </Text>
      )}
      <ConfirmDialog isOpen={isAsking} onClose={() => setAsking(false)} title={`Allow ${source.name}?`} action="Allow" tone="brand" least={grant ? "reviewer" : "admin"} onConfirm={allow}>
        {source.program ? (
          <>
            MCPbox may then start <CodeName>{programWords(source.program)}</CodeName> on the machine of the sandbox, in a jail {source.program.hosts?.length ? "with a way to these hosts alone" : "without network"}
          </>
        ) : (
          <>
            MCPbox may then contact <CodeName>{source.url}</CodeName>
          </>
        )}
        {(source.auth === "bearer" || source.auth === "header") && (
          <>
            {" "}
            and show it the value of <CodeName>{source.secret}</CodeName>
          </>
        )}
        {source.program ? ". It sees nothing else there" : ", and nothing else there"}. {source.auth === "oauth" && "You log in in the next step. "}What it offers is not used before you approve each tool.
      </ConfirmDialog>
    </Alert>
  );
}
