// The part of CodeView that is loaded when code is shown: CodeMirror, read-only, in our colours.
import { python } from "@codemirror/lang-python";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, type Extension, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, drawSelection, EditorView, gutter, GutterMarker, ViewPlugin, type ViewUpdate, WidgetType } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { nonce } from "@/app/nonce";
import { marks, pieces } from "./characters";
import type { CodeNote, CodeRow } from "./codeRows";

export interface Editor {
  /** Shows a line of the new text; false when it is not among the rows. */
  jump: (line: number) => boolean;
  destroy: () => void;
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword], color: "var(--brand)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--dim)", fontStyle: "italic" },
  { tag: [tags.definition(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className], fontWeight: "600" },
]);

// Every character stands where it stands in the file: bidi letters too.
const look = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "var(--surface)", color: "var(--text)", maxHeight: "min(70vh, 760px)" },
  "&.cm-focused": { outline: "2px solid var(--brand)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: '"JetBrains Mono", ui-monospace, monospace', lineHeight: "20px", fontVariantLigatures: "none", fontFeatureSettings: '"liga" 0, "calt" 0', overflowX: "hidden" },
  ".cm-content": { padding: "8px 0" },
  ".cm-line": { padding: "0 12px 0 4px", unicodeBidi: "bidi-override", direction: "ltr" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--dim)", borderRight: "1px solid var(--line)" },
  ".cm-lineNumber": { padding: "0 6px 0 10px", textAlign: "right", minWidth: "36px" },
  ".cm-sign": { width: "18px", textAlign: "center", color: "var(--text)" },
  ".cm-added": { backgroundColor: "var(--ok-soft)" },
  ".cm-removed": { backgroundColor: "var(--bad-soft)" },
  ".cm-here": { boxShadow: "inset 3px 0 0 var(--brand)" },
  ".cm-noted": { boxShadow: "inset 3px 0 0 var(--warn)" },
  ".cm-mark": { padding: "0 3px", color: "var(--bad)", backgroundColor: "var(--bad-soft)", border: "1px solid currentcolor", borderRadius: "4px", fontSize: "0.85em", unicodeBidi: "isolate" },
  ".cm-note": { margin: "2px 12px 6px 4px", padding: "6px 10px", borderRadius: "6px", fontFamily: "var(--mantine-font-family)", whiteSpace: "normal", overflowWrap: "anywhere" },
  ".cm-note-bad": { color: "var(--bad)", backgroundColor: "var(--bad-soft)" },
  ".cm-note-warn": { color: "var(--warn)", backgroundColor: "var(--warn-soft)" },
  ".cm-note-brand": { color: "var(--brand)", backgroundColor: "var(--brand-soft)" },
  ".cm-gap": { padding: "2px 12px 2px 4px", color: "var(--dim)", backgroundColor: "var(--sunken)", fontFamily: "var(--mantine-font-family)" },
});

class Words extends WidgetType {
  constructor(readonly text: string, readonly name: string, readonly title = "") {
    super();
  }
  override eq(other: Words) {
    return other.text === this.text && other.name === this.name;
  }
  toDOM() {
    const isBlock = !this.name.includes("mark");
    const element = document.createElement(isBlock ? "div" : "span");
    element.className = this.name;
    if (this.title) element.title = this.title;
    if (!isBlock) {
      element.textContent = this.text;
      return element;
    }
    for (const { text, why } of pieces(this.text)) {
      element.append(why ? Object.assign(document.createElement("span"), { className: "cm-mark", textContent: text, title: why }) : text);
    }
    return element;
  }
}

class Sign extends GutterMarker {
  constructor(readonly text: string) {
    super();
  }
  override eq(other: Sign) {
    return other.text === this.text;
  }
  override toDOM() {
    return document.createTextNode(this.text);
  }
}

const SIGNS = { added: new Sign("+"), removed: new Sign("−"), same: null };

/** Numbers and signs at the side, from the rows: a diff does not count as the editor does. */
function sides(rows: readonly CodeRow[]): Extension {
  const row = (view: EditorView, from: number) => rows[view.state.doc.lineAt(from).number - 1];
  const isDiff = rows.some(({ change }) => change !== "same");
  return [
    gutter({
      class: "cm-lineNumber",
      lineMarker: (view, { from }) => {
        const found = row(view, from);
        return new Sign(String(found?.line ?? found?.oldLine ?? ""));
      },
      initialSpacer: () => new Sign(String(rows.at(-1)?.line ?? 1)),
    }),
    isDiff ? gutter({ class: "cm-sign", lineMarker: (view, { from }) => SIGNS[row(view, from)?.change ?? "same"], initialSpacer: () => SIGNS.added }) : [],
  ];
}

/** What stands between and under the lines, and the colours of whole lines. */
function lines(rows: readonly CodeRow[], notes: readonly CodeNote[]): Extension {
  const under = new Map<number, CodeNote[]>();
  for (const note of notes) under.set(note.line, [...(under.get(note.line) ?? []), note]);
  return StateField.define<DecorationSet>({
    create: ({ doc }) => {
      const set = new RangeSetBuilder<Decoration>();
      rows.forEach(({ change, line, skipped }, at) => {
        const { from, to } = doc.line(at + 1);
        if (skipped > 0) set.add(from, from, Decoration.widget({ widget: new Words(`${skipped} unchanged ${skipped === 1 ? "line" : "lines"}`, "cm-gap"), block: true, side: -1 }));
        const here = (line !== undefined && under.get(line)) || [];
        const name = [change !== "same" && `cm-${change}`, here.length > 0 && "cm-noted"].filter(Boolean).join(" ");
        if (name) set.add(from, from, Decoration.line({ class: name }));
        for (const { tone, kind, text } of here) set.add(to, to, Decoration.widget({ widget: new Words(`${kind}: ${text}`, `cm-note cm-note-${tone}`), block: true, side: 1 }));
      });
      return set.finish();
    },
    update: (set) => set,
    provide: (field) => EditorView.decorations.from(field),
  });
}

/** Marks what hides or pretends, in what is on screen. */
const exact = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = inSight(view);
    }
    update({ viewportChanged, view }: ViewUpdate) {
      if (viewportChanged) this.decorations = inSight(view);
    }
  },
  { decorations: ({ decorations }) => decorations },
);

function inSight(view: EditorView): DecorationSet {
  const set = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    for (const mark of marks(view.state.sliceDoc(from, to))) {
      const looks = mark.isHidden
        ? Decoration.replace({ widget: new Words(mark.shown, "cm-mark", mark.why) })
        : Decoration.mark({ class: "cm-mark", attributes: { title: mark.why } });
      set.add(from + mark.from, from + mark.to, looks);
    }
  }
  return set.finish();
}

const pointAt = StateEffect.define<number>();
const pointed = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (set, { effects }) => {
    const at = effects.find((effect) => effect.is(pointAt))?.value as number | undefined;
    return at === undefined ? set : Decoration.set(Decoration.line({ class: "cm-here" }).range(at));
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Puts the rows into `parent`. */
export function createEditor(parent: HTMLElement, { rows, notes, label }: { rows: readonly CodeRow[]; notes: readonly CodeNote[]; label: string }): Editor {
  const language = new Compartment();
  const state = EditorState.create({
    doc: rows.map(({ text }) => text).join("\n"),
    extensions: [
      EditorState.lineSeparator.of("\n"), // a lone carriage return is a character that hides, not a line
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.cspNonce.of(nonce),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-readonly": "true" }),
      EditorView.lineWrapping,
      drawSelection(),
      language.of(python()),
      syntaxHighlighting(colours),
      sides(rows),
      lines(rows, notes),
      exact,
      pointed,
      look,
    ],
  });
  const view = new EditorView({ state, parent });
  return {
    jump: (line) => {
      const at = rows.findIndex((row) => row.line === line);
      if (at < 0) return false;
      const { from } = view.state.doc.line(at + 1);
      view.dispatch({ effects: [pointAt.of(from), EditorView.scrollIntoView(from, { y: "center" })] });
      return true;
    },
    destroy: () => view.destroy(),
  };
}
