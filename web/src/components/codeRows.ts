import type { Schema } from "@/api/client";

/** A line of code as it is shown. */
export interface CodeRow {
  text: string;
  change: Schema["LineChange"];
  /** Its number in the new text, from 1; a removed line has none. */
  line: number | undefined;
  /** Its number in the old text. */
  oldLine: number | undefined;
  /** Unchanged lines that are left out before it. */
  skipped: number;
}

/** The lines of a difference, as the server found them. */
export function rowsOfDiff({ hunks }: Schema["Diff"]): CodeRow[] {
  const rows: CodeRow[] = [];
  let seen = 0;
  for (const { lines } of hunks) {
    const first = lines.find(({ new_line }) => new_line != null)?.new_line ?? undefined;
    const skipped = first === undefined ? 0 : Math.max(0, first - seen - 1);
    lines.forEach(({ change, text, new_line, old_line }, at) => {
      rows.push({ text: text.replace(/\n$/, ""), change, line: new_line ?? undefined, oldLine: old_line ?? undefined, skipped: at === 0 ? skipped : 0 });
      if (new_line != null) seen = new_line;
    });
  }
  return rows;
}

/** All lines of a text; those that a difference added are marked. */
export function rowsOfText(text: string, diff?: Schema["Diff"]): CodeRow[] {
  const added = new Set(diff?.hunks.flatMap(({ lines }) => lines.filter(({ change }) => change === "added").map(({ new_line }) => new_line)));
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line, at) => ({ text: line, change: added.has(at + 1) ? "added" : "same", line: at + 1, oldLine: undefined, skipped: 0 }));
}

/** What stands under a line of code. */
export interface CodeNote {
  /** In the new text. */
  line: number;
  tone: "bad" | "warn" | "brand";
  /** `Warning`, `Error`. */
  kind: string;
  text: string;
}
