# what: Next events of a private iCal address that is kept as a secret.
# hosts: calendar.google.com (GET)
# secrets: ICAL_PATH sealed -> calendar.google.com
from datetime import datetime as dt, timedelta, timezone


def parse(text: str) -> list[dict[str, str]]:
    events, current = [], None
    for line in text.replace("\r\n ", "").splitlines():
        if line == "BEGIN:VEVENT":
            current = {}
        elif line == "END:VEVENT" and current is not None:
            events.append(current)
            current = None
        elif current is not None and ":" in line:
            key, value = line.split(":", 1)
            current[key.split(";")[0]] = value
    return events


async def main(days: int = 7) -> list[dict[str, str]]:
    """Events of my calendar in the next days."""
    reply = await http.get(f"https://calendar.google.com/calendar/ical/{secrets['ICAL_PATH']}/basic.ics")
    reply.raise_for_status()
    now = dt.now(timezone.utc)
    end = now + timedelta(days=days)
    upcoming = []
    for event in parse(reply.text):
        start = event.get("DTSTART", "")
        if len(start) < 8:
            continue
        day = dt.strptime(start[:8], "%Y%m%d").replace(tzinfo=timezone.utc)
        if now <= day <= end:
            upcoming.append({"start": start, "summary": event.get("SUMMARY", "")})
    return sorted(upcoming, key=lambda event: event["start"])
