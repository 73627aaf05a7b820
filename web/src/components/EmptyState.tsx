import { Center, Stack, Text, Title } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  icon: LucideIcon;
  title: string;
  /** What would be here, and what brings it here. */
  children: ReactNode;
  action?: ReactNode;
}

/** Nothing is here yet: says why, and what to do. */
export function EmptyState({ icon: Icon, title, children, action }: Props) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap={8} maw={420} ta="center">
        <Icon size={28} strokeWidth={1.5} color="var(--dim)" aria-hidden="true" />
        <Title order={2}>{title}</Title>
        <Text c="dimmed" component="div">
          {children}
        </Text>
        {action && <div style={{ marginTop: 8 }}>{action}</div>}
      </Stack>
    </Center>
  );
}
