import { Tooltip } from "@mantine/core";
import { useStatus } from "@/api/status";
import classes from "./LiveDot.module.css";

const WORDS = {
  live: { label: "Live", more: "This page follows the server: what you see is what is." },
  connecting: { label: "Connecting", more: "Waiting for the server's live events." },
  lost: { label: "Offline", more: "MCPbox cannot be reached. This page tries again by itself." },
} as const;

/** Whether what is on screen is kept true. */
export function LiveDot() {
  const { stream, sessionEnded } = useStatus();
  const { label, more } = WORDS[sessionEnded ? "lost" : stream];
  return (
    <Tooltip label={more}>
      <span className={classes.dot} data-state={stream} role="status">
        <span className={classes.mark} aria-hidden="true" />
        <span className={classes.label}>{label}</span>
      </span>
    </Tooltip>
  );
}
