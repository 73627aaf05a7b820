const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** The time of day, as a log wants it; with the date when it was not today. */
export function Clock({ at }: { at: string }) {
  const when = new Date(at);
  const isToday = when.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={exact.format(when)} style={{ whiteSpace: "nowrap" }}>
      {(isToday ? time : day).format(when)}
    </time>
  );
}
