import { Tooltip } from "@mantine/core";
import { untilDay } from "./time";

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** `until 3 Dec 2026`; the exact time on hover. */
export function Until({ at }: { at: string }) {
  return (
    <Tooltip label={exact.format(new Date(at))}>
      <time dateTime={at} style={{ whiteSpace: "nowrap" }}>
        {untilDay(at)}
      </time>
    </Tooltip>
  );
}
