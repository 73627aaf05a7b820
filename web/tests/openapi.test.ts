import { describe, expect, it } from "vitest";
import { addressOf, CHOSEN_MAX, type Look, matching, nameOf, type Operation, toggled, toggledAll, whyNoAddress, whyNoDocument } from "@/pages/servers/openapi/words";

const operation = (id: string, more: Partial<Operation> = {}) => ({ id, method: "GET", path: `/${id}`, summary: "", tags: [], credentials: [], parameters: [], notes: [], tool: id, is_deprecated: false, ...more }) as Operation;

describe("which operations are chosen", () => {
  const pets = operation("listPets", { summary: "Lists the guests", tags: ["pets"] });
  const photo = operation("photo", { method: "POST", refused: "its body is image/png" });

  it("a filter finds what has all of its words, wherever they stand", () => {
    expect(matching([pets, photo], "GET guests")).toEqual([pets]);
    expect(matching([pets, photo], " POST ")).toEqual([photo]);
    expect(matching([pets, photo], "")).toHaveLength(2);
    expect(matching([pets, photo], "guests post")).toEqual([]);
  });

  it("all leaves out what cannot be a tool, and the second time takes them back", () => {
    const all = toggledAll(new Set(["other"]), [pets, photo]);
    expect([...all]).toEqual(["other", "listPets"]);
    expect([...toggledAll(all, [pets, photo])]).toEqual(["other"]);
    expect([...toggled(toggled(new Set(), "a"), "a")]).toEqual([]);
  });

  it("is never more than the server takes", () => {
    const many = Array.from({ length: CHOSEN_MAX + 5 }, (_, index) => operation(`o${index}`));
    expect(toggledAll(new Set(), many).size).toBe(CHOSEN_MAX);
  });
});

it("an address in place of a document is told that nothing is fetched", () => {
  expect(whyNoDocument("https://api.example.com/openapi.yaml\n")).toContain("Nothing is fetched");
  expect(whyNoDocument(" ".repeat(10))).toBeUndefined();
  expect(whyNoDocument("openapi: 3.1.0\nservers: [{url: https://a.example}]")).toBeUndefined();
  expect(whyNoDocument(`openapi: ${"ä".repeat(3 * 1024 * 1024)}`)).toContain("6.0 MiB");
});

it("names and addresses are suggested from the document, and only good ones", () => {
  expect(nameOf("The Pet Hotel API")).toBe("pet_hotel");
  expect(nameOf("3D-Drucker 2000")).toBe("d_drucker_2000");
  for (const none of ["", "日本", "MCPbox admin"]) expect(nameOf(none)).toBe("");
  const look = { servers: [{ url: "/v1", is_usable: false }, { url: "https://a.example", is_usable: true }] } as Look;
  expect(addressOf(look)).toBe("https://a.example");
  expect(addressOf({ servers: [] as Look["servers"] } as Look)).toBe("");
});

it("an address is whole, and has nothing secret in it", () => {
  for (const fine of ["", "https://api.example.com/v1", "http://10.0.0.5:8080"]) expect(whyNoAddress(fine)).toBeUndefined();
  for (const half of ["/v1", "api.example.com", "ftp://a.example"]) expect(whyNoAddress(half)).toContain("whole address");
  for (const secret of ["https://u:p@a.example", "https://a.example/?key=1"]) expect(whyNoAddress(secret)).toContain("secrets");
});
