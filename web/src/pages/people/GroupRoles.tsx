import { ActionIcon, Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import type { Role } from "@/api/status";
import type { Provider } from "./OpenIdPage";
import { ROLE_CHOICES } from "./roles";

type Rules = Provider["roles"];

/** Which groups give which role. */
export function GroupRoles({ rules, onChange }: { rules: Rules; onChange: (next: Rules) => void }) {
  const change = (index: number, next: Partial<Rules[number]>) => onChange(rules.map((rule, at) => (at === index ? { ...rule, ...next } : rule)));
  return (
    <Stack gap={8}>
      <div>
        <Text fw={500} size="sm">
          Roles
        </Text>
        <Text c="dimmed" size="sm">
          {rules.length === 0
            ? "Whoever comes in for the first time is a viewer; you change that on the page Users."
            : "The provider decides at each login: the highest role of somebody's groups, or viewer. What you set on the page Users is replaced then."}
        </Text>
      </div>
      {rules.map((rule, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name of its own while it is typed
        <Group key={index} gap={8} wrap="nowrap">
          <TextInput aria-label={`Group of rule ${index + 1}`} placeholder="Group" value={rule.group} onChange={(event) => change(index, { group: event.currentTarget.value })} style={{ flex: 1 }} required />
          <NativeSelect aria-label={`Role of rule ${index + 1}`} data={ROLE_CHOICES} value={rule.role} onChange={(event) => change(index, { role: event.currentTarget.value as Role })} w={140} />
          <ActionIcon aria-label={`Remove rule ${index + 1}`} onClick={() => onChange(rules.filter((_, at) => at !== index))}>
            <X size={18} />
          </ActionIcon>
        </Group>
      ))}
      <Button variant="default" leftSection={<Plus size={16} />} onClick={() => onChange([...rules, { group: "", role: "reviewer" }])} style={{ alignSelf: "flex-start" }}>
        Add a rule
      </Button>
    </Stack>
  );
}
