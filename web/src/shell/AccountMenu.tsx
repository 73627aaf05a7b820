import { ActionIcon, Menu, Text } from "@mantine/core";
import { CircleUserRound, Keyboard, LogOut } from "lucide-react";
import { api } from "@/api/client";
import { help } from "./help";
import { useLogout } from "./session";

/** Who is logged in, and the way out. */
export function AccountMenu() {
  const { data: account } = api.useQuery("get", "/api/session");
  const logout = useLogout();
  return (
    <Menu position="bottom-end" width={220} transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <ActionIcon aria-label="Account">
          <CircleUserRound size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Logged in as{" "}
          <Text span inherit c="var(--text)" fw={550}>
            {account?.username}
          </Text>
          {account && ` (${account.role})`}
        </Menu.Label>
        <Menu.Item leftSection={<Keyboard size={16} />} onClick={help.open}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={16} />} onClick={() => logout.mutate({})}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
