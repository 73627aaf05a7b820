import type { Schema } from "@/api/client";
import { HostileText } from "./HostileText";
import classes from "./DiffText.module.css";

const SIGNS = { same: " ", added: "+", removed: "−" } as const;
const SAID = { same: "", added: "added: ", removed: "removed: " } as const;

/** A short difference, line by line, exactly. Code is shown by the editor. */
export function DiffText({ diff, label }: { diff: Schema["Diff"]; label: string }) {
  return (
    <div className={classes.diff} role="group" aria-label={label}>
      {diff.hunks.map((hunk, at) => (
        <div key={at} className={classes.hunk}>
          {hunk.lines.map(({ change, text }, line) => (
            <div key={line} className={`${classes.line} ${classes[change]}`}>
              <span className={classes.sign} aria-hidden="true">
                {SIGNS[change]}
              </span>
              <span>
                <span className={classes.said}>{SAID[change]}</span>
                <HostileText text={text} limit={4_000} />
              </span>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
