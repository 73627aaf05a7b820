# what: Adds an event to a Nextcloud calendar.
# hosts: cloud.home.arpa:443 (PUT)
# secrets: NEXTCLOUD_USER sealed -> cloud.home.arpa:443
# secrets: NEXTCLOUD_PASSWORD sealed -> cloud.home.arpa:443
import uuid
from datetime import datetime as dt

TEMPLATE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//mcpbox//calendar//EN
BEGIN:VEVENT
UID:{uid}
DTSTART:{start}
DTEND:{end}
SUMMARY:{summary}
END:VEVENT
END:VCALENDAR
"""


async def main(summary: str, start: dt, end: dt) -> str:
    """Put an event into the family calendar; returns its id."""
    uid = str(uuid.uuid4())
    text = TEMPLATE.format(uid=uid, start=start.strftime("%Y%m%dT%H%M%S"), end=end.strftime("%Y%m%dT%H%M%S"), summary=summary)
    reply = await http.put(
        f"https://cloud.home.arpa:443/remote.php/dav/calendars/family/home/{uid}.ics",
        content=text,
        headers={"Content-Type": "text/calendar"},
        auth=(secrets["NEXTCLOUD_USER"], secrets["NEXTCLOUD_PASSWORD"]),
    )
    reply.raise_for_status()
    return uid
