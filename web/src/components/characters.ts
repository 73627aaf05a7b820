/** A piece of text: to be shown as it is, or a character that is named because it hides or pretends. */
interface Piece {
  text: string;
  /** Why it is marked; absent for plain text. */
  why?: string;
}

const NAMES: Record<number, string> = {
  0x00ad: "soft hyphen",
  0x034f: "combining grapheme joiner",
  0x061c: "Arabic letter mark",
  0x115f: "Hangul filler",
  0x1160: "Hangul filler",
  0x180e: "Mongolian vowel separator",
  0x200b: "zero width space",
  0x200c: "zero width non-joiner",
  0x200d: "zero width joiner",
  0x200e: "left-to-right mark",
  0x200f: "right-to-left mark",
  0x2028: "line separator",
  0x2029: "paragraph separator",
  0x202a: "left-to-right embedding",
  0x202b: "right-to-left embedding",
  0x202c: "pop directional formatting",
  0x202d: "left-to-right override",
  0x202e: "right-to-left override",
  0x2060: "word joiner",
  0x2066: "left-to-right isolate",
  0x2067: "right-to-left isolate",
  0x2068: "first strong isolate",
  0x2069: "pop directional isolate",
  0x3164: "Hangul filler",
  0xfeff: "zero width no-break space",
  0xffa0: "halfwidth Hangul filler",
};

// Controls but tab and line feed; format characters; private use; unassigned; separators that look like a space; fillers.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029\u034f\u115f\u1160\u3164\uffa0]|[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u;
const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
/** Letters of other scripts that look like Latin ones. */
const LOOKALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u;
const LATIN = /[A-Za-z]/;
const DISGUISED = /[\uff01-\uff5e\u{1d400}-\u{1d7ff}]/u;

/** A character that is marked, where it stands (UTF-16 units), and what to show in its place. */
interface Mark {
  from: number;
  to: number;
  shown: string;
  why: string;
  /** It has no look of its own. */
  isHidden: boolean;
}

/** The characters of a text that hide, reorder their neighbours, or pass for another letter. */
export function marks(text: string): Mark[] {
  const suspects = lookalikes(text);
  const found: Mark[] = [];
  let index = 0;
  for (const character of text) {
    const why = reason(character, suspects.has(index));
    const to = index + character.length;
    if (why) found.push({ from: index, to, shown: why.shown, why: why.name, isHidden: why.shown !== character });
    index = to;
  }
  return found;
}

/** Cuts text so that nothing in it is invisible, reorders its neighbours, or passes for another letter. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const { from, to, shown, why } of marks(text)) {
    if (from > end) found.push({ text: text.slice(end, from) });
    found.push({ text: shown, why });
    end = to;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

function reason(character: string, isLookalike: boolean): { shown: string; name: string } | undefined {
  if (character === "\n" || character === "\t") return undefined;
  const code = character.codePointAt(0) ?? 0;
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (HIDDEN.test(character)) return { shown: point, name: NAMES[code] ?? "invisible character" };
  if (DISGUISED.test(character)) return { shown: character, name: `${point}, looks like an ordinary character` };
  return isLookalike ? { shown: character, name: `${point}, a letter of another alphabet among Latin ones` } : undefined;
}

/** Positions of letters from alphabets that resemble Latin, in words that also have Latin letters. */
function lookalikes(text: string): Set<number> {
  const positions = new Set<number>();
  if (!LOOKALIKE.test(text)) return positions;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!LATIN.test(word)) continue;
    let at = index;
    for (const character of word) {
      if (LOOKALIKE.test(character)) positions.add(at);
      at += character.length;
    }
  }
  return positions;
}
