import { Center, Group, Stack, Text, Title } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  icon: LucideIcon;
  title: string;
  /** What would be here, and what brings it here. */
  children: ReactNode;
  action?: ReactNode;
  /** One line, for a part of a page where nothing is good news. */
  isCompact?: boolean;
  /** It is the whole page. */
  isPage?: boolean;
}

/** Nothing is here yet: says why, and what to do. */
export function EmptyState({ icon: Icon, title, children, action, isCompact, isPage }: Props) {
  if (isCompact) {
    return (
      <Group gap={12} px="md" py={14} wrap="nowrap">
        <Icon size={18} color="var(--dim)" aria-hidden="true" style={{ flex: "none" }} />
        <Text c="dimmed">
          <Text span inherit c="var(--text)">
            {title}.
          </Text>{" "}
          {children}
        </Text>
      </Group>
    );
  }
  return (
    <Center py={48} px="md">
      <Stack align="center" gap={8} maw={420} ta="center">
        <Icon size={28} strokeWidth={1.5} color="var(--dim)" aria-hidden="true" />
        <Title order={isPage ? 1 : 2} size="h2">
          {title}
        </Title>
        <Text c="dimmed" component="div">
          {children}
        </Text>
        {action && <div style={{ marginTop: 8 }}>{action}</div>}
      </Stack>
    </Center>
  );
}
