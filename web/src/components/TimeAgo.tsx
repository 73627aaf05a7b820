import { Tooltip } from "@mantine/core";
import { ago, useNow } from "./time";

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** How long ago; the exact time on hover. */
export function TimeAgo({ at }: { at: string }) {
  const when = new Date(at);
  const now = useNow();
  return (
    <Tooltip label={exact.format(when)}>
      <time dateTime={at} style={{ whiteSpace: "nowrap" }}>
        {ago(when, when > now ? new Date() : now)}
      </time>
    </Tooltip>
  );
}
