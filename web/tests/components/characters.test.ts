import { describe, expect, it } from "vitest";
import { pieces } from "@/components/characters";

const marked = (text: string) => pieces(text).flatMap(({ text: shown, why }) => (why ? [`${shown} ${why}`] : []));

describe("characters that hide or pretend are named", () => {
  it.each([
    ["a\u202eb", ["U+202E right-to-left override"]],
    ["pay\u200bload", ["U+200B zero width space"]],
    ["x\u0007", ["U+0007 invisible character"]],
    ["a\u00a0b", ["U+00A0 invisible character"]],
    ["tag\u{e0041}", ["U+E0041 invisible character"]],
    ["p\u0430ypal", ["\u0430 U+0430, a letter of another alphabet among Latin ones"]],
    ["\uff47ithub", ["\uff47 U+FF47, looks like an ordinary character"]],
  ])("%j", (text, expected) => expect(marked(text)).toEqual(expected));

  it.each(["plain_name", "two\nlines\twith tabs", "Größe, naïve, 東京", "привет мир", "αβγ", "emoji 🎉 fine"])("%j is left alone", (text) => expect(pieces(text)).toEqual([{ text }]));

  it("loses nothing but what it names", () => {
    expect(pieces("a\u200bb\u200bc").filter(({ why }) => !why).map(({ text }) => text)).toEqual(["a", "b", "c"]);
  });
});
