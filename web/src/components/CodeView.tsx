import { type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { Schema } from "@/api/client";
import classes from "./CodeView.module.css";
import { type CodeNote, type CodeRow, rowsOfDiff, rowsOfText } from "./codeRows";
import type { Editor } from "./editor";
import { HostileText } from "./HostileText";

export interface CodeViewHandle {
  /** Shows a line of the new text; false when it is not on show. */
  jump: (line: number) => boolean;
}

interface Props {
  /** The same array as long as it is the same code. */
  rows: readonly CodeRow[];
  notes: readonly CodeNote[];
  label: string;
  ref?: Ref<CodeViewHandle>;
}

/** Code to be read: exact characters, notes under their lines. The editor comes when it is needed; without it, plain text. */
export function CodeView({ rows, notes, label, ref }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const waiting = useRef<number>(undefined);
  useImperativeHandle(ref, () => ({
    jump: (line) => {
      if (editor.current) return editor.current.jump(line);
      waiting.current = line;
      return rows.some((row) => row.line === line);
    },
  }));
  useEffect(() => {
    let isGone = false;
    import("./editor").then(
      ({ createEditor }) => {
        if (isGone || !frame.current) return;
        editor.current = createEditor(frame.current, { rows, notes, label });
        setState("ready");
        if (waiting.current !== undefined) editor.current.jump(waiting.current);
        waiting.current = undefined;
      },
      () => !isGone && setState("failed"),
    );
    return () => {
      isGone = true;
      editor.current?.destroy();
      editor.current = undefined;
    };
  }, [rows, notes, label]);
  return (
    <div className={classes.frame} aria-busy={state === "loading" || undefined}>
      <div ref={frame} />
      {state === "failed" && (
        <pre className={classes.plain} tabIndex={0} role="region" aria-label={label}>
          <HostileText text={rows.map(({ text }) => text).join("\n")} limit={200_000} />
        </pre>
      )}
      {state === "loading" && <div style={{ height: Math.min(rows.length * 20 + 16, 600) }} />}
    </div>
  );
}

const NO_NOTES: readonly CodeNote[] = [];

/** All of a text. */
export function WholeCode({ text, label }: { text: string; label: string }) {
  const rows = useMemo(() => rowsOfText(text), [text]);
  return <CodeView rows={rows} notes={NO_NOTES} label={label} />;
}

/** What changed in a text, as the server compared it. */
export function CodeDiff({ diff, label }: { diff: Schema["Diff"]; label: string }) {
  const rows = useMemo(() => rowsOfDiff(diff), [diff]);
  return <CodeView rows={rows} notes={NO_NOTES} label={label} />;
}
