import { Group, Text } from "@mantine/core";
import type { Schema } from "@/api/client";
import { CodeName } from "@/components/CodeName";

/** Tool and version of a review. */
export function ReviewName({ item }: { item: Schema["Page_ReviewItem"]["items"][number] }) {
  return (
    <Group gap={8} component="span" wrap="wrap" align="baseline">
      <Text span fw={500}>
        <CodeName>{item.tool}</CodeName>
      </Text>
      <Text span size="xs" c="dimmed">
        {item.is_update ? `update to version ${item.version}` : "new tool"}
      </Text>
    </Group>
  );
}
