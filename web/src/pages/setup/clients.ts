import type { Schema } from "@/api/client";

/** The clients that the setup knows, the most used first. */
export const CLIENTS = [
  { id: "claude-code", label: "Claude Code" },
  { id: "cursor", label: "Cursor" },
  { id: "vscode", label: "VS Code" },
  { id: "claude-desktop", label: "Claude Desktop" },
  { id: "other", label: "Other" },
] as const;

/** Where what has to be written, for one client. */
export function instructions(client: string, { mcp_url: url, command }: Pick<Schema["ConnectionReport"], "mcp_url" | "command">): { where: string; code: string } {
  const [program = "mcpbox", ...args] = command;
  switch (client) {
    case "claude-code":
      return { where: "In a terminal on this machine:", code: `claude mcp add --transport http mcpbox ${url}` };
    case "cursor":
      return { where: "In .cursor/mcp.json of your project, or ~/.cursor/mcp.json for all:", code: json({ mcpServers: { mcpbox: { url } } }) };
    case "vscode":
      return { where: "In .vscode/mcp.json of your workspace:", code: json({ servers: { mcpbox: { type: "http", url } } }) };
    case "claude-desktop":
      return { where: "In claude_desktop_config.json (Settings, Developer, Edit Config). Then start it again:", code: json({ mcpServers: { mcpbox: { command: program, args } } }) };
    default:
      return { where: "Any client that speaks MCP over Streamable HTTP takes this address:", code: url };
  }
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);
