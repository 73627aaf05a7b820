# what: The caller names the secret that is read.
# hosts: api.example.com (GET)
# secrets: API_KEY sealed -> api.example.com
# finds: computed_secret 7
async def main(key_name: str, path: str) -> dict:
    """Read a path of the service with one of the keys."""
    key = secrets[key_name]
    reply = await http.get(f"https://api.example.com/{path}", headers={"X-Api-Key": key})
    return reply.json()
