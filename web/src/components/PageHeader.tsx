import { Anchor, Group, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  title: ReactNode;
  /** One sentence: which question this page answers. */
  children?: ReactNode;
  /** Where this page belongs. */
  parent?: { label: string; to: string };
  /** Badges beside the title. */
  badges?: ReactNode;
  /** Buttons at the right. */
  actions?: ReactNode;
}

/** The head of every page: where one is, what this is, what one can do. */
export function PageHeader({ title, children, parent, badges, actions }: Props) {
  return (
    <Group justify="space-between" align="flex-end" gap="md" mb="lg">
      <div>
        {parent && (
          <Anchor component={Link} to={parent.to} c="dimmed" size="sm" display="inline-flex" style={{ alignItems: "center", gap: 2, minHeight: 24 }}>
            <ChevronLeft size={14} aria-hidden="true" />
            {parent.label}
          </Anchor>
        )}
        <Group gap={12}>
          <Title order={1}>{title}</Title>
          {badges}
        </Group>
        {children && (
          <Text c="dimmed" mt={4} maw={640}>
            {children}
          </Text>
        )}
      </div>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
