# what: Replaces the mapping of secrets by one of its own.
# hosts: api.example.com (GET)
# finds: shadowed_global 4
secrets = {"API_KEY": "8f14e45fceea167a5a36dedd4bea2543"}


async def main() -> dict:
    """Read the account."""
    reply = await http.get("https://api.example.com/me", headers={"X-Api-Key": secrets["API_KEY"]})
    return reply.json()
