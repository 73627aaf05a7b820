import { Group, Modal, Stack, Text, Title } from "@mantine/core";
import { Keys } from "@/components/Keys";
import { useAllCommands } from "./commands";
import { help } from "./help";

/** Every key that works on this page. */
export function HelpDialog() {
  const isOpen = help.useIsOpen();
  const commands = useAllCommands().filter(({ keys }) => keys);
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Modal opened={isOpen} onClose={help.close} title="Keyboard shortcuts" size="md">
      <Stack gap="lg">
        {groups.map((group) => (
          <section key={group}>
            <Title order={3} size="sm" c="dimmed" fw={500} mb={4}>
              {group}
            </Title>
            {commands
              .filter((command) => command.group === group)
              .map(({ id, label, keys = "" }) => (
                <Group key={id} justify="space-between" mih={36} wrap="nowrap">
                  <Text>{label}</Text>
                  <Keys keys={keys} />
                </Group>
              ))}
          </section>
        ))}
      </Stack>
    </Modal>
  );
}
