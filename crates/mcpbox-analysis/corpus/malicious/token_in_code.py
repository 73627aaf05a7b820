# what: A GitHub token stands in the code.
# hosts: api.github.com (GET)
# finds: hardcoded_credential 4
TOKEN = "ghp_9fKq2LmX7vRt4WzB8cNd1YsHgJ0pUeAoQiT5"


async def main(repository: str) -> int:
    """Stars of a repository."""
    reply = await http.get(f"https://api.github.com/repos/{repository}", headers={"Authorization": f"token {TOKEN}"})
    return reply.json()["stargazers_count"]
