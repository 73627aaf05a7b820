import { CopyButton } from "./CopyButton";
import classes from "./CodeBlock.module.css";

/** Something to copy into a terminal or a file. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={classes.block}>
      <pre className={classes.code} tabIndex={0} aria-label={label} role="region">
        {code}
      </pre>
      <CopyButton value={code} label={`Copy ${label}`} />
    </div>
  );
}
