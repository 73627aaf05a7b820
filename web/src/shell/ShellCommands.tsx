import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { CircleHelp, LogOut, SunMoon } from "lucide-react";
import { useEffect } from "react";
import { type Command, useCommands } from "./commands";
import { help } from "./help";
import { followKeys } from "./keys";
import { useNavPages } from "./nav";
import { openPalette } from "./Palette";
import { useLogout } from "./session";

/** The commands that are there on every page, and the ear for all keys. */
export function ShellCommands() {
  const navigate = useNavigate();
  const logout = useLogout();
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme("light") === "dark" ? "light" : "dark";
  const pages = useNavPages();
  useEffect(() => followKeys(), []);
  useCommands([
    ...pages.map(
      (page): Command => ({
        id: `go ${page.to}`,
        label: page.label,
        group: "Go to",
        icon: page.icon,
        keys: page.key && `g ${page.key}`,
        keywords: page.keywords,
        run: () => void navigate({ to: page.to }),
      }),
    ),
    { id: "scheme", label: `Switch to the ${other} theme`, group: "MCPbox", icon: SunMoon, keywords: ["dark", "light", "theme"], run: () => setColorScheme(other) },
    { id: "help", label: "Keyboard shortcuts", group: "MCPbox", icon: CircleHelp, keys: "?", run: help.open },
    { id: "palette", label: "Search or jump to", group: "MCPbox", keys: "mod+k", isHidden: true, run: openPalette },
    { id: "logout", label: "Log out", group: "MCPbox", icon: LogOut, run: () => logout.mutate({}) },
  ]);
  return null;
}
