# what: Client-credentials flow, then a search; the token comes from the answer.
# hosts: accounts.spotify.com (POST), api.spotify.com (GET)
# secrets: SPOTIFY_ID sealed -> accounts.spotify.com
# secrets: SPOTIFY_SECRET sealed -> accounts.spotify.com
async def access_token() -> str:
    reply = await http.post(
        "https://accounts.spotify.com/api/token",
        data={"grant_type": "client_credentials"},
        auth=(secrets["SPOTIFY_ID"], secrets["SPOTIFY_SECRET"]),
    )
    reply.raise_for_status()
    return reply.json()["access_token"]


async def main(query: str, limit: int = 5) -> list[str]:
    """Find songs by words."""
    token = await access_token()
    reply = await http.get(
        "https://api.spotify.com/v1/search",
        params={"q": query, "type": "track", "limit": limit},
        headers={"Authorization": f"Bearer {token}"},
    )
    reply.raise_for_status()
    return [f"{', '.join(a['name'] for a in t['artists'])} - {t['name']}" for t in reply.json()["tracks"]["items"]]
