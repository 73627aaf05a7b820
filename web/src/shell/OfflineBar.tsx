import { WifiOff } from "lucide-react";
import { useStatus } from "@/api/status";
import classes from "./OfflineBar.module.css";

/** Says that what is on screen may be old and that nothing can be decided, until the server is back. */
export function OfflineBar() {
  const { stream, sessionEnded } = useStatus();
  if (stream !== "lost" || sessionEnded) return null;
  return (
    <div className={classes.bar} role="alert">
      <WifiOff size={16} aria-hidden="true" />
      <span>MCPbox cannot be reached. What you see may be old, and nothing can be changed. Connecting again…</span>
    </div>
  );
}
