import { Alert, Button, FileButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { FileText } from "lucide-react";
import { type FormEvent, useState } from "react";
import { sentence } from "@/api/problem";
import { useWhyReadOnly } from "@/api/status";
import { DOCUMENT_MAX, whyNoDocument } from "./words";

interface Props {
  text: string;
  onText: (text: string) => void;
  onLook: () => void;
  isLooking: boolean;
  error: unknown;
}

/** The document itself: pasted, or read from a file in the browser. */
export function DocumentField({ text, onText, onLook, isLooking, error }: Props) {
  const [fileError, setFileError] = useState<string>();
  const whyNot = useWhyReadOnly();
  const wrong = whyNoDocument(text) ?? fileError;
  const choose = async (file: File | null) => {
    if (!file) return;
    setFileError(undefined);
    if (file.size > DOCUMENT_MAX) {
      setFileError(`${file.name} is larger than 4 MiB. Remove examples, or split it.`);
      return;
    }
    try {
      onText(await file.text());
    } catch {
      setFileError(`${file.name} could not be read. Choose it again.`);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onLook();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={820}>
        <Textarea
          label="The document"
          description="OpenAPI 3.0 or 3.1 as YAML or JSON, at most 4 MiB. Nothing is fetched: documents elsewhere are downloaded first, in one file."
          placeholder={"openapi: 3.1.0\ninfo:\n  title: …"}
          value={text}
          onChange={(event) => onText(event.currentTarget.value)}
          error={wrong}
          rows={14}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          required
        />
        {error !== null && (
          <Alert color="bad" role="alert" title="The document cannot be used">
            {sentence(error)}
          </Alert>
        )}
        <Group justify="space-between">
          <FileButton onChange={(file) => void choose(file)} accept=".json,.yaml,.yml,application/json,application/yaml">
            {(props) => (
              <Button {...props} variant="default" leftSection={<FileText size={16} />}>
                Choose a file
              </Button>
            )}
          </FileButton>
          <Button type="submit" loading={isLooking} disabled={text.trim() === "" || wrong !== undefined || whyNot !== undefined}>
            List its operations
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          Swagger 2.0 is not read; most editors export it as OpenAPI 3. References to other files have to be bundled into this one.
        </Text>
      </Stack>
    </form>
  );
}
