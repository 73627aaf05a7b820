import { Group, Text } from "@mantine/core";
import { createSpotlight, Spotlight } from "@mantine/spotlight";
import "@mantine/spotlight/styles.layer.css";
import { Search } from "lucide-react";
import { useState } from "react";
import { Keys } from "@/components/Keys";
import { type Command, useAllCommands } from "./commands";
import { matches } from "./matches";
import classes from "./PaletteDialog.module.css";

export const [store, palette] = createSpotlight();

/** Everything one can do here, found by typing. */
export default function PaletteDialog() {
  const [query, setQuery] = useState("");
  const commands = useAllCommands().filter((command) => !command.isHidden && matches(command, query));
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Spotlight.Root store={store} query={query} onQueryChange={setQuery} shortcut={null} radius="md" scrollable maxHeight={420} transitionProps={{ duration: 100 }} overlayProps={{ blur: 0, backgroundOpacity: 0.45 }} classNames={{ search: classes.search, actionsGroup: classes.group }} attributes={{ content: { "aria-label": "Search or jump to" } }}>
      <Spotlight.Search placeholder="Search or jump to…" aria-label="Search or jump to" leftSection={<Search size={18} aria-hidden="true" />} />
      <Spotlight.ActionsList>
        {groups.map((group) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {commands.filter((command) => command.group === group).map((command) => <Line key={command.id} command={command} />)}
          </Spotlight.ActionsGroup>
        ))}
        {commands.length === 0 && <Spotlight.Empty>Nothing matches “{query}”</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function Line({ command }: { command: Command }) {
  const Icon = command.icon;
  return (
    <Spotlight.Action onClick={command.run}>
      <Group gap={12} wrap="nowrap" w="100%">
        {Icon && <Icon size={18} aria-hidden="true" />}
        <Text style={{ flex: 1 }}>{command.label}</Text>
        {command.keys && <Keys keys={command.keys} />}
      </Group>
    </Spotlight.Action>
  );
}
