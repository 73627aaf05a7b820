import { expect, it } from "vitest";
import { rightsOf, scopesOf } from "@/pages/remote/scopes";

it("says what scopes allow as a human would", () => {
  expect(rightsOf(["tools"])).toBe("call all tools");
  expect(rightsOf(["tools", "author"])).toBe("call all tools; write tools");
  expect(rightsOf(["author"])).toBe("write tools");
  expect(rightsOf([{ server: "weather" }, { server: "maths" }])).toBe("call tools of weather, maths");
  expect(rightsOf([{ server: "weather" }, "author"])).toBe("call tools of weather; write tools on weather");
  expect(rightsOf(["tools", { server: "weather" }, "author"])).toBe("call all tools; write tools");
  expect(rightsOf([])).toBe("nothing");
});

it("asks for the scopes that were ticked", () => {
  expect(scopesOf({ tools: true, author: false, servers: [] })).toEqual(["tools"]);
  expect(scopesOf({ tools: true, author: true, servers: ["weather"] })).toEqual([{ server: "weather" }, "author"]);
  expect(scopesOf({ tools: false, author: true, servers: [] })).toEqual(["author"]);
  expect(scopesOf({ tools: false, author: false, servers: [] })).toEqual([]);
});
