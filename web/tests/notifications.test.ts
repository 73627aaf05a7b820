import { expect, it } from "vitest";
import { isOnlyHere, newSecret, told, USUAL } from "@/pages/settings/notifications/kinds";

it("a new signing secret is 32 random bytes in the form of Standard Webhooks", () => {
  const [one, other] = [newSecret(), newSecret()];
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one).not.toBe(other);
});

it("events stand in the middle of a sentence", () => {
  expect(told(USUAL)).toBe(
    "a tool waits for my decision; a rule approved a tool that reads hosts I granted; tools cannot run, and when they can again; the sandbox holds fewer layers than before; half of the calls fail; the disk is almost full; a scheduled backup could not be made; a source of tools does not answer; a tool is withheld because its source changed it",
  );
  expect(told([])).toBe("");
});

it("an address of this machine is told from one that others can open", () => {
  const cases: [string, boolean][] = [
    ["http://127.0.0.1:3000", true],
    ["http://localhost:3000", true],
    ["http://[::1]:3000", true],
    ["http://192.168.1.5:3000", false],
    ["https://mcpbox.example.com", false],
    ["", false],
  ];
  for (const [url, expected] of cases) expect(isOnlyHere(url), url).toBe(expected);
});
