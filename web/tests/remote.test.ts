import { expect, it } from "vitest";
import { rightsOf, scopesOf } from "@/pages/remote/scopes";

it("says what scopes allow as a human would", () => {
  expect(rightsOf(["mcp:tools"])).toBe("call all tools");
  expect(rightsOf(["mcp:tools", "mcp:author"])).toBe("call all tools; write tools");
  expect(rightsOf(["mcp:author"])).toBe("write tools");
  expect(rightsOf(["server:weather", "server:maths"])).toBe("call tools of weather, maths");
  expect(rightsOf(["server:weather", "mcp:author"])).toBe("call tools of weather; write tools on weather");
  expect(rightsOf(["mcp:tools", "server:weather", "mcp:author"])).toBe("call all tools; write tools");
  expect(rightsOf([])).toBe("nothing");
});

it("asks for the scopes that were ticked", () => {
  expect(scopesOf({ tools: true, author: false, servers: [] })).toEqual(["mcp:tools"]);
  expect(scopesOf({ tools: true, author: true, servers: ["weather"] })).toEqual(["server:weather", "mcp:author"]);
  expect(scopesOf({ tools: false, author: true, servers: [] })).toEqual(["mcp:author"]);
  expect(scopesOf({ tools: false, author: false, servers: [] })).toEqual([]);
});
