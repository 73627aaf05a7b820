# what: A helper that gets whole addresses as a parameter, from f-strings of main.
# hosts: git.lan:3000 (GET)
# secrets: GITEA_TOKEN sealed -> git.lan:3000
BASE = "http://git.lan:3000/api/v1"


async def fetch(address: str, **options) -> list[dict]:
    reply = await http.get(address, headers={"Authorization": f"token {secrets['GITEA_TOKEN']}"}, **options)
    reply.raise_for_status()
    return reply.json()


async def main(owner: str, limit: int = 20) -> dict[str, int]:
    """Open issues of each repository of an owner."""
    repositories = await fetch(f"{BASE}/users/{owner}/repos", params={"limit": limit})
    return {each["name"]: each["open_issues_count"] for each in repositories}
