# what: Newest films of a Jellyfin server.
# hosts: media.lan:8096 (GET)
# secrets: JELLYFIN_KEY sealed -> media.lan:8096
from dataclasses import dataclass

BASE = "http://media.lan:8096"


@dataclass
class Film:
    name: str
    year: int | None
    minutes: int | None


async def main(limit: int = 10) -> list[Film]:
    """Films that were added last."""
    reply = await http.get(
        f"{BASE}/Items",
        params={"SortBy": "DateCreated", "SortOrder": "Descending", "IncludeItemTypes": "Movie", "Recursive": "true", "Limit": limit},
        headers={"X-Emby-Token": secrets["JELLYFIN_KEY"]},
    )
    reply.raise_for_status()
    films = []
    for item in reply.json()["Items"]:
        ticks = item.get("RunTimeTicks")
        films.append(Film(item["Name"], item.get("ProductionYear"), ticks // 600_000_000 if ticks else None))
    return films
