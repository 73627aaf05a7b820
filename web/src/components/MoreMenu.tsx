import { ActionIcon, Menu } from "@mantine/core";
import { EllipsisVertical, type LucideIcon } from "lucide-react";

export interface MoreProps {
  label: string;
  isDisabled?: boolean;
  items: readonly { label: string; icon: LucideIcon; isGrave?: boolean; run: () => void }[];
}

/** What else one can do with a thing. */
export default function MoreMenu({ label, isDisabled, items }: MoreProps) {
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <ActionIcon aria-label={label} disabled={isDisabled}>
          <EllipsisVertical size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(({ label: name, icon: Icon, isGrave, run }) => (
          <Menu.Item key={name} color={isGrave ? "bad" : undefined} leftSection={<Icon size={16} />} onClick={run}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
