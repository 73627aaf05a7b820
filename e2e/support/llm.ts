// An LLM at work: a client of the MCP endpoint that makes tools and asks for their publication.
import type { Box } from "./box.js";

type Json = Record<string, unknown>;

/** What a server with a tool that waits for approval is made of. */
export interface Seed {
  server: string;
  tool: string;
  code: string;
  /** Runs it in quarantine first, with these arguments. */
  test?: Json;
}

export const GREETING = `def main(name: str) -> str:
    """Greets somebody by name."""
    return f"Hello, {name}"
`;

export class Llm {
  readonly #url: string;
  readonly #name: string;
  #session: string | undefined;
  #id = 0;

  private constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  /** Connects and asks for the tools, as every client does first. */
  static async connect(box: Box, name = "e2e client"): Promise<Llm> {
    const llm = new Llm(box.mcpUrl, name);
    const clientInfo = { name, version: "1.0" };
    await llm.#request("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    await llm.#send({ jsonrpc: "2.0", method: "notifications/initialized" });
    await llm.#request("tools/list", {});
    return llm;
  }

  /** Calls a tool; fails on an error with what it said. */
  async call(tool: string, args: Json): Promise<Json> {
    const result = await this.tryCall(tool, args);
    if (result.isError) throw new Error(`${tool} was refused: ${JSON.stringify(result.structuredContent ?? result.content)}`);
    return (result.structuredContent ?? {}) as Json;
  }

  /** Calls a tool; gives the answer whatever it is. */
  async tryCall(tool: string, args: Json): Promise<Json> {
    return this.#request("tools/call", { name: tool, arguments: args });
  }

  /** Makes a server with one tool and asks for its publication; gives the id of the review. */
  async seed({ server, tool, code, test }: Seed): Promise<string> {
    await this.call("mcpbox_create_server", { name: server, description: `Made by ${this.#name}` });
    return this.propose({ server, tool, code, test });
  }

  /** As `seed`, on a server that is there. */
  async propose({ server, tool, code, test }: Seed): Promise<string> {
    const made = await this.call("mcpbox_create_tool", { server_id: server, name: tool, python_code: code });
    if (test) await this.call("mcpbox_test_code", { tool_id: made.tool_id, arguments: test });
    await this.call("mcpbox_start_server", { server_id: server });
    const asked = await this.call("mcpbox_request_publish", { tool_id: made.tool_id, notes: "For the test." });
    return String(asked.review_id);
  }

  async #request(method: string, params: Json): Promise<Json> {
    this.#id += 1;
    const answer = await this.#send({ jsonrpc: "2.0", id: this.#id, method, params });
    if (!answer || answer.error) throw new Error(`${method} failed: ${JSON.stringify(answer?.error)}`);
    return answer.result as Json;
  }

  async #send(message: Json): Promise<Json | undefined> {
    const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    if (this.#session) {
      headers["mcp-session-id"] = this.#session;
      headers["mcp-protocol-version"] = "2025-06-18";
    }
    const response = await fetch(this.#url, { method: "POST", headers, body: JSON.stringify(message) });
    this.#session ??= response.headers.get("mcp-session-id") ?? undefined;
    const body = await response.text();
    if (!response.ok) throw new Error(`${String(message.method)}: ${response.status} ${body}`);
    if (!body) return undefined;
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    return JSON.parse(isStream ? lastData(body) : body) as Json;
  }
}

/** The answer stands in the last event of the stream. */
function lastData(stream: string): string {
  const lines = stream.split("\n").filter((line) => line.startsWith("data:") && line.length > 6);
  return lines.at(-1)?.slice(5) ?? "{}";
}
