# what: The address of the service is a parameter with an honest default; who calls may name another.
# hosts: api.example.com (GET)
# secrets: API_KEY sealed -> api.example.com
# finds: secret_computed_host 7
async def main(path: str, base: str = "https://api.example.com") -> str:
    """Read a path of the service."""
    reply = await http.get(f"{base}/{path}", headers={"X-Api-Key": secrets["API_KEY"]})
    return reply.text
