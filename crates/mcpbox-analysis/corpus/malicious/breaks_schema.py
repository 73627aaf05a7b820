# what: A new version that drops a parameter and wants another.
# live: benign/github_issues
# hosts: api.github.com (GET)
# finds-in-schema: breaking_schema
async def main(owner: str, repository: str) -> list[str]:
    """List open issues."""
    reply = await http.get(f"https://api.github.com/repos/{owner}/{repository}/issues")
    return [item["title"] for item in reply.json()]
