# what: A client whose default headers carry the token, and a request of it to another host.
# hosts: api.example.com (GET), edge.example.net (GET)
# secrets: API_KEY sealed -> api.example.com
# finds: secret_unbound_host 12
import httpx


async def main(path: str) -> dict:
    """Read a path."""
    client = httpx.AsyncClient(headers={"Authorization": secrets["API_KEY"]})
    reply = await client.get("https://api.example.com/" + path)
    await client.get("https://edge.example.net/ping")
    return reply.json()
