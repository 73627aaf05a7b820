import { SegmentedControl, Stack, Text } from "@mantine/core";
import type { Role } from "@/api/status";
import { ROLE_CHOICES, ROLES } from "./roles";

/** Chooses a role, and says what it may do. */
export function RoleField({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  return (
    <Stack gap={4}>
      <Text fw={500} size="sm">
        Role
      </Text>
      <SegmentedControl fullWidth aria-label="Role" data={ROLE_CHOICES} value={value} onChange={(next) => onChange(next as Role)} />
      <Text size="sm" c="dimmed">
        {ROLES[value].about}
      </Text>
    </Stack>
  );
}
