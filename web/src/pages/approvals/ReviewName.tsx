import { Group, Text } from "@mantine/core";
import type { Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";

/** Tool and version of a review. */
export function ReviewName({ item }: { item: Schema["ReviewItem"] }) {
  return (
    <Group gap={8} component="span" wrap="wrap" align="baseline">
      <Text span fw={500}>
        <CodeName>{item.tool}</CodeName>
      </Text>
      <Text span size="xs" c="dimmed">
        {what(item)}
      </Text>
    </Group>
  );
}

function what({ purpose, is_update: isUpdate, version }: Schema["ReviewItem"]): string {
  if (purpose === "grant") return "asks for more";
  return isUpdate ? `update to version ${version}` : "new tool";
}
