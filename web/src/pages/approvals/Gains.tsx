import { Text } from "@mantine/core";
import { CodeName } from "@/components/CodeName";

const SHOWN = 3;

/** What would be newly allowed, in a line. */
export function Gains({ requested }: { requested: readonly string[] }) {
  if (requested.length === 0) return <Text span c="dimmed">nothing new</Text>;
  const rest = requested.length - SHOWN;
  return (
    <span>
      {requested.slice(0, SHOWN).map((gain, index) => (
        <span key={gain}>
          {index > 0 && ", "}
          <CodeName>{gain}</CodeName>
        </span>
      ))}
      {rest > 0 && (
        <Text span c="dimmed">
          {" "}
          and {rest} more
        </Text>
      )}
    </span>
  );
}
