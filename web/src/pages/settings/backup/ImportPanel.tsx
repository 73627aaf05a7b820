import { Alert, Anchor, Button, FileButton, Group, Paper, Stack, Switch, Text } from "@mantine/core";
import { FileUp } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { counted } from "@/components/numbers";
import { ImportReport } from "./ImportReport";

type Report = Schema["ImportReport"];

/** A file is looked at first, and imported only after that. */
export function ImportPanel() {
  const [document, setDocument] = useState<string>();
  const [isRenaming, setRenaming] = useState(false);
  const [report, setReport] = useState<Report>();
  const whyNot = useWhyReadOnly("admin");
  const send = api.useMutation("post", "/api/import", { onSuccess: setReport, onError: () => setReport(undefined) });
  const run = (text: string, dryRun: boolean, renames: boolean) => send.mutate({ body: { document: text, options: { dry_run: dryRun, on_conflict: renames ? "rename" : "skip", drafts_only: false } } });
  const choose = async (file: File | null) => {
    if (!file) return;
    const text = await file.text();
    setDocument(text);
    run(text, true, isRenaming);
  };
  const rename = (renames: boolean) => {
    setRenaming(renames);
    if (document !== undefined && report?.dry_run) run(document, true, renames);
  };
  return (
    <Paper p="md">
      <Stack>
        <Text c="dimmed">
          Reads an export of MCPbox, or of the original MCPbox 1.0 to 1.2. Everything arrives unapproved, with one review for each tool. <Anchor href="/api/export" download="mcpbox-export.json" td="underline">Export the tools of this box</Anchor>: code and what it asked
          for, never the value of a secret.
        </Text>
        <Group>
          <FileButton accept="application/json,.json" onChange={(file) => void choose(file)} disabled={whyNot !== undefined}>
            {(props) => (
              <Button variant="default" leftSection={<FileUp size={16} />} loading={send.isPending} {...props}>
                Choose a file
              </Button>
            )}
          </FileButton>
          <Switch label="Tools whose names are taken get a number" checked={isRenaming} onChange={(event) => rename(event.currentTarget.checked)} />
        </Group>
        {send.isError && (
          <Alert color="bad" role="alert">
            {sentence(send.error)}
          </Alert>
        )}
        {report && <ImportReport report={report} />}
        {report?.dry_run && document !== undefined && (
          <Button onClick={() => run(document, false, isRenaming)} loading={send.isPending} disabled={report.imported === 0 || whyNot !== undefined} style={{ alignSelf: "flex-start" }}>
            Import {counted(report.imported, "tool")}
          </Button>
        )}
      </Stack>
    </Paper>
  );
}
