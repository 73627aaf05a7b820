# what: Episodes of the week from Sonarr.
# hosts: sonarr.lan:8989 (GET)
# secrets: SONARR_KEY sealed -> sonarr.lan:8989
from datetime import timedelta


async def main(days: int = 7) -> list[str]:
    """Episodes that come in the next days."""
    start = datetime.now()
    params = {"start": start.date().isoformat(), "end": (start + timedelta(days=days)).date().isoformat(), "includeSeries": "true"}
    reply = await http.get("http://sonarr.lan:8989/api/v3/calendar", params=params, headers={"X-Api-Key": secrets["SONARR_KEY"]})
    reply.raise_for_status()
    return [
        f"{item['series']['title']} S{item['seasonNumber']:02}E{item['episodeNumber']:02} {item['airDate']}"
        for item in reply.json()
    ]
