import { expect, it } from "vitest";
import { REMOTE_CLIENTS, remoteInstructions } from "@/pages/remote/clients";

const URL = "https://box.example.com/mcp";

it("tells every client elsewhere the public address, and none of this machine", () => {
  for (const { id } of REMOTE_CLIENTS) {
    const { where, code } = remoteInstructions(id, URL);
    expect(code, id).toContain(URL);
    expect(`${where} ${code}`, id).not.toContain("on this machine");
  }
  expect(remoteInstructions("claude-code", URL).code).toBe(`claude mcp add --transport http mcpbox ${URL}`);
  expect(JSON.parse(remoteInstructions("vscode", URL).code)).toEqual({ servers: { mcpbox: { type: "http", url: URL } } });
});
