import { Alert, Stack, Text, Title } from "@mantine/core";
import type { Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { HostileText } from "@/components/HostileText";
import { counted } from "@/components/numbers";

type Report = Schema["ImportReport"];
type Tool = Schema["ImportedTool"];

const FATES: Record<Tool["fate"], string> = {
  in_review: "waits for review",
  draft: "is a draft",
  needs_change: "is a draft whose code has to change first",
  skipped: "is left out",
};

/** What comes, or came, of a file, tool by tool. All names and notes stem from the file. */
export function ImportReport({ report }: { report: Report }) {
  const title = report.dry_run ? `${counted(report.imported, "tool")} would be imported, ${report.skipped} left out` : `${counted(report.imported, "tool")} imported, ${report.skipped} left out`;
  return (
    <Stack gap="sm" aria-live="polite">
      <Alert color={report.dry_run ? "brand" : "ok"} title={title}>
        <Notes notes={[`The file is from ${report.source}.`, ...report.notes]} />
      </Alert>
      {report.servers.map((server) => (
        <section key={server.name}>
          <Title order={3} size="h4">
            <CodeName>{server.server ?? server.name}</CodeName>
          </Title>
          <Notes notes={server.notes} />
          {server.tools.map((tool) => (
            <div key={tool.name}>
              <Text mt={6}>
                <CodeName>{tool.tool ?? tool.name}</CodeName> {FATES[tool.fate]}
                {tool.requests.length > 0 && (
                  <>
                    {" "}
                    and asks for <HostileText text={tool.requests.join(", ")} />
                  </>
                )}
              </Text>
              <Notes notes={tool.notes} />
            </div>
          ))}
        </section>
      ))}
    </Stack>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <Stack gap={2}>
      {notes.map((note) => (
        <Text key={note} size="sm" c="dimmed">
          <HostileText text={note} />
        </Text>
      ))}
    </Stack>
  );
}
