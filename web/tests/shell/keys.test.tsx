import { render } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Command, useCommands } from "@/shell/commands";
import { followKeys } from "@/shell/keys";
import { matches } from "@/shell/matches";

let stop: () => void;
beforeEach(() => {
  stop = followKeys();
});
afterEach(() => stop());

function Offer({ commands }: { commands: Command[] }) {
  useCommands(commands);
  return <input aria-label="field" />;
}

const press = (key: string, target: EventTarget = document.body, init: KeyboardEventInit = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }));

const command = (keys: string, run: () => void): Command => ({ id: keys, label: keys, group: "Test", keys, run });

it("keys run commands: single, in sequence, as a chord; not while somebody types", () => {
  const ran: string[] = [];
  const offered = ["?", "g a", "a", "mod+k"].map((keys) => command(keys, () => ran.push(keys)));
  const { getByLabelText } = render(<Offer commands={offered} />);
  press("?");
  press("g");
  press("a");
  press("a");
  press("k", document.body, { ctrlKey: true });
  const field = getByLabelText("field");
  press("a", field);
  press("k", field, { metaKey: true });
  expect(ran).toEqual(["?", "g a", "a", "mod+k", "mod+k"]);
});

it("a command leaves with its component, and always runs as it is now", () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const { rerender, unmount } = render(<Offer commands={[command("x", first)]} />);
  rerender(<Offer commands={[command("x", second)]} />);
  press("x");
  unmount();
  press("x");
  expect(first).not.toHaveBeenCalled();
  expect(second).toHaveBeenCalledTimes(1);
});

it("the palette finds by the beginnings of words", () => {
  const approvals = { ...command("g a", () => undefined), label: "Approvals", group: "Go to", keywords: ["reviews"] };
  expect(["app", "go app", "rev", ""].map((query) => matches(approvals, query))).toEqual([true, true, true, true]);
  expect(matches(approvals, "provals")).toBe(false);
});
