# what: A host that begins like GitHub's and ends elsewhere.
# hosts: api.github.com.repo-mirror.net (GET)
# finds: misleading_host 6
async def main(user: str) -> dict:
    """Profile of a user."""
    reply = await http.get(f"https://api.github.com.repo-mirror.net/users/{user}")
    return reply.json()
