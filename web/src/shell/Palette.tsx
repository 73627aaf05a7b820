import { Group, Kbd, Text, UnstyledButton } from "@mantine/core";
import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { Search } from "lucide-react";
import { useState } from "react";
import { Keys } from "@/components/Keys";
import { type Command, useAllCommands } from "./commands";
import classes from "./Palette.module.css";

const [store, palette] = createSpotlight();

export const openPalette = palette.open;

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The way into the palette for those who do not know its key yet. */
export function PaletteButton() {
  return (
    <UnstyledButton className={classes.button} onClick={palette.open} aria-label="Search or jump to">
      <Search size={16} aria-hidden="true" />
      <span className={classes.words}>Search or jump to…</span>
      <Kbd className={classes.kbd}>{isMac ? "⌘ K" : "Ctrl K"}</Kbd>
    </UnstyledButton>
  );
}

/** Everything one can do here, found by typing. */
export function Palette() {
  const [query, setQuery] = useState("");
  const commands = useAllCommands().filter((command) => !command.isHidden && matches(command, query));
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Spotlight.Root store={store} query={query} onQueryChange={setQuery} shortcut={null} radius="md" scrollable maxHeight={420} transitionProps={{ duration: 100 }}>
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

/** Every word typed begins a word of the command. */
export function matches({ label, group, keywords = [] }: Command, query: string): boolean {
  const words = [label, group, ...keywords].join(" ").toLowerCase().split(/[\s_/.-]+/);
  return query.toLowerCase().split(/\s+/).filter(Boolean).every((typed) => words.some((word) => word.startsWith(typed)));
}
