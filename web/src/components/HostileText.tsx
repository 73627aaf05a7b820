import { Fragment, useMemo } from "react";
import { pieces } from "./characters";
import classes from "./HostileText.module.css";

interface Props {
  /** Given by an LLM, a tool, or anybody else. */
  text: string;
  /** Longest text shown, characters; the rest is counted. */
  limit?: number;
}

/** Text that somebody else wrote, exactly: never markup, and nothing in it hides, reorders or pretends unseen. */
export function HostileText({ text, limit = 20_000 }: Props) {
  const shown = text.length > limit ? text.slice(0, limit) : text;
  const parts = useMemo(() => pieces(shown), [shown]);
  return (
    <bdi className={classes.text}>
      {parts.map(({ text: part, why }, index) =>
        why ? (
          <mark key={index} className={classes.mark} title={why}>
            {part}
            <span className={classes.name}> ({why})</span>
          </mark>
        ) : (
          <Fragment key={index}>{part}</Fragment>
        ),
      )}
      {text.length > limit && <span className={classes.rest}> … and {(text.length - limit).toLocaleString()} characters more</span>}
    </bdi>
  );
}
