# what: Several feeds at once, with errors kept per feed.
# hosts: hnrss.org (GET), lwn.net (GET), www.heise.de (GET)
# modules: email.utils
import asyncio
import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime

FEEDS = {
    "hn": "https://hnrss.org/frontpage",
    "lwn": "https://lwn.net/headlines/rss",
    "heise": "https://www.heise.de/rss/heise-atom.xml",
}


async def read(name: str, url: str) -> list[dict]:
    try:
        reply = await http.get(url, timeout=10)
        reply.raise_for_status()
    except Exception as error:
        return [{"feed": name, "title": f"not reachable: {error}", "when": ""}]
    found = []
    for item in ET.fromstring(reply.content).iter("item"):
        when = item.findtext("pubDate")
        found.append(
            {
                "feed": name,
                "title": item.findtext("title", ""),
                "when": parsedate_to_datetime(when).isoformat() if when else "",
            }
        )
    return found


async def main(limit: int = 20) -> list[dict]:
    """Newest entries of all my feeds, newest first."""
    feeds = await asyncio.gather(*(read(name, url) for name, url in FEEDS.items()))
    entries = [entry for feed in feeds for entry in feed]
    return sorted(entries, key=lambda entry: entry["when"], reverse=True)[:limit]
