import { instructions } from "@/pages/setup/clients";

/** Clients that are elsewhere, those in the cloud first. */
export const REMOTE_CLIENTS = [
  { id: "claude", label: "claude.ai" },
  { id: "chatgpt", label: "ChatGPT" },
  { id: "claude-code", label: "Claude Code" },
  { id: "vscode", label: "VS Code" },
  { id: "cursor", label: "Cursor" },
  { id: "other", label: "Other" },
] as const;

/** Where what has to be written, for one client and the public MCP address. */
export function remoteInstructions(client: string, url: string): { where: string; code: string } {
  switch (client) {
    case "claude":
      return { where: "Settings, Connectors, Add custom connector. Give it this address and leave the rest empty:", code: url };
    case "chatgpt":
      return { where: "Settings, Connectors, with the developer mode on: Create. Give it this address, and OAuth as authentication:", code: url };
    case "claude-code":
      return { ...instructions(client, { mcp_url: url, command: [] }), where: "In a terminal there; then /mcp in Claude Code to log in:" };
    default:
      return instructions(client, { mcp_url: url, command: [] });
  }
}
