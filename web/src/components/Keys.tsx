import { Group, Kbd } from "@mantine/core";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Keys as they are written on a keyboard: `g a`, `mod+k`. */
export function Keys({ keys }: { keys: string }) {
  return (
    <Group gap={4} wrap="nowrap" component="span">
      {keys.split(" ").map((key, index) => (
        <Kbd key={index}>{shown(key)}</Kbd>
      ))}
    </Group>
  );
}

function shown(key: string): string {
  const rest = key.replace("mod+", "");
  const name = rest.length === 1 ? rest.toUpperCase() : rest;
  return key.startsWith("mod+") ? `${isMac ? "⌘" : "Ctrl"} ${name}` : name;
}
