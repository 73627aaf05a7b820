import { Title } from "@mantine/core";
import { CopyButton } from "@/components/CopyButton";
import { HostileText } from "@/components/HostileText";
import classes from "./RunDrawer.module.css";

interface Props {
  label: string;
  /** Shown as JSON. */
  value?: unknown;
  /** Shown as it is. */
  text?: string;
}

/** What went in or came out, exactly. */
export function Value({ label, value, text }: Props) {
  const shown = text ?? (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  return (
    <section>
      <div className={classes.head}>
        <Title order={3}>{label}</Title>
        <CopyButton value={shown} label={`Copy: ${label.toLowerCase()}`} />
      </div>
      <pre className={classes.value} tabIndex={0} role="region" aria-label={label}>
        <HostileText text={shown} />
      </pre>
    </section>
  );
}
