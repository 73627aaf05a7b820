import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { RefreshCw } from "lucide-react";
import { useEffect, useRef } from "react";
import { DiffText } from "./DiffText";
import type { Changes, Detail } from "./coming";
import type { Decision } from "./decision";
import type { Shown } from "./shown";

/** Says that something newer is there, and shows what changed once it was taken. */
export function NewerBar({ shown: { detail, newer, before }, decision, changes }: { shown: Shown; decision: Decision; changes: Changes | undefined }) {
  if (newer) {
    return (
      <Alert color="warn" icon={<RefreshCw size={20} />} title="This review changed while you read it" role="alert">
        <Group justify="space-between">
          <Text>You still see what you opened. Nothing can be decided until you saw what changed.</Text>
          <Button variant="default" onClick={() => void decision.resolve()}>
            Show what changed
          </Button>
        </Group>
      </Alert>
    );
  }
  return before ? <Changed key={detail.review.content_hash} before={before} detail={detail} changes={changes ?? undefined} /> : null;
}

/** What is different to what was on screen. */
function Changed({ before, detail, changes }: { before: Detail; detail: Detail; changes: Changes | undefined }) {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => top.current?.focus(), []);
  const fields = changes?.fields ?? [];
  return (
    <Alert color="brand" icon={<RefreshCw size={20} />} title="What changed since you looked" tabIndex={-1} ref={top}>
      <Stack gap="sm">
        <Text>{changes?.sentence ?? differences(before, detail)}</Text>
        {fields.map(({ field, diff }) => (
          <div key={field}>
            <Text fw={600} mb={4}>
              {field.replace("_", " ")}
            </Text>
            <DiffText diff={diff} label={`How ${field.replace("_", " ")} changed`} />
          </div>
        ))}
      </Stack>
    </Alert>
  );
}

/** In a sentence, from two states of a review. */
export function differences(before: Detail, after: Detail): string {
  const [was, is] = [before.version.content, after.version.content];
  const found = [
    was.code !== is.code && "the code",
    was.description !== is.description && "the description",
    was.name !== is.name && "the name",
    JSON.stringify(was.input_schema) !== JSON.stringify(is.input_schema) && "the parameters",
    JSON.stringify(before.review.requested) !== JSON.stringify(after.review.requested) && "what it newly may do",
    JSON.stringify(before.packages) !== JSON.stringify(after.packages) && "the packages that come with it",
  ].filter((each): each is string => typeof each === "string");
  const list = found.length > 1 ? `${found.slice(0, -1).join(", ")} and ${found.at(-1)}` : found[0];
  return list ? `Different now: ${list}. The page below shows it as it is now.` : "It was asked for anew; what it is did not change.";
}
