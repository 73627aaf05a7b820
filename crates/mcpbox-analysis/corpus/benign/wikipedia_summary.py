# what: Summary of an article; the language is part of the host, with the hosts as literals.
# hosts: de.wikipedia.org (GET), en.wikipedia.org (GET)
from typing import Literal
from urllib.parse import quote

HOSTS = {"de": "https://de.wikipedia.org", "en": "https://en.wikipedia.org"}


async def main(title: str, language: Literal["de", "en"] = "en") -> dict[str, str]:
    """First paragraph of a Wikipedia article."""
    page = quote(title.replace(" ", "_"), safe="")
    reply = await http.get(f"{HOSTS[language]}/api/rest_v1/page/summary/{page}", follow_redirects=True)
    if reply.status_code == 404:
        return {"title": title, "summary": "no such article"}
    reply.raise_for_status()
    article = reply.json()
    return {"title": article["title"], "summary": article["extract"]}
