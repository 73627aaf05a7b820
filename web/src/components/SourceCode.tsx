import { Button } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { HostileText } from "./HostileText";
import { count } from "./numbers";
import classes from "./SourceCode.module.css";

/** A tool of this many lines is shown at once; more on request, so that a page of 5,000 lines opens as fast as any. */
const SHOWN = 400;
/** Longest line shown, characters. */
const LINE_LIMIT = 4_000;

/** Code to read, exactly as it is, with line numbers. */
export function SourceCode({ code, label }: { code: string; label: string }) {
  const [isWhole, setWhole] = useState(false);
  const lines = code.replace(/\n$/, "").split("\n");
  const shown = isWhole ? lines : lines.slice(0, SHOWN);
  const rest = lines.length - shown.length;
  return (
    <div className={classes.frame} tabIndex={0} role="region" aria-label={label}>
      <pre className={classes.lines}>
        {shown.map((line, index) => (
          <span key={index} className={classes.line} data-number={index + 1}>
            <HostileText text={line} limit={LINE_LIMIT} />
          </span>
        ))}
      </pre>
      {rest > 0 && (
        <div className={classes.more}>
          <Button variant="default" onClick={() => setWhole(true)}>
            Show {count(rest)} more lines
          </Button>
        </div>
      )}
    </div>
  );
}

const SIGNS = { same: "", added: "+", removed: "−" } as const;

/** What changed between two texts, as the server compared them. */
export function SourceDiff({ diff, label }: { diff: Schema["Diff"]; label: string }) {
  return (
    <div className={classes.frame} tabIndex={0} role="region" aria-label={label}>
      <pre className={classes.lines}>
        {diff.hunks.map((hunk, at) => (
          <span key={at}>
            <span className={`${classes.line} ${classes.gap}`}>line {hunk.lines[0]?.new_line ?? hunk.lines[0]?.old_line ?? 1}</span>
            {hunk.lines.map((line, index) => (
              <span key={index} className={`${classes.line} ${line.change === "same" ? "" : classes[line.change]}`} data-number={line.new_line ?? line.old_line}>
                <span className={classes.sign} aria-label={line.change === "same" ? undefined : line.change} role={line.change === "same" ? undefined : "img"}>
                  {SIGNS[line.change]}
                </span>
                <HostileText text={line.text.replace(/\n$/, "")} limit={LINE_LIMIT} />
              </span>
            ))}
          </span>
        ))}
      </pre>
    </div>
  );
}
