# what: Headlines of one RSS feed.
# hosts: www.tagesschau.de (GET)
import xml.etree.ElementTree as ET

FEED = "https://www.tagesschau.de/infoservices/alle-meldungen-100~rss2.xml"


async def main(count: int = 10) -> list[dict[str, str]]:
    """The newest headlines of the news."""
    reply = await http.get(FEED)
    reply.raise_for_status()
    root = ET.fromstring(reply.text)
    items = []
    for item in root.iter("item"):
        items.append({"title": item.findtext("title", ""), "link": item.findtext("link", "")})
        if len(items) >= count:
            break
    return items
