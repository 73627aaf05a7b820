// A server in JavaScript over standard streams that fetches what it is told, as most servers that call an API do.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "fetch", version: "1" });
server.registerTool("get", { description: "Fetches a page.", inputSchema: { url: z.string() } }, async ({ url }) => {
  const told = await fetch(url).then(
    async (answer) => `${answer.status} ${await answer.text()}`,
    (error) => `failed: ${error.cause?.message ?? error.message}`,
  );
  return { content: [{ type: "text", text: told }] };
});
await server.connect(new StdioServerTransport());
