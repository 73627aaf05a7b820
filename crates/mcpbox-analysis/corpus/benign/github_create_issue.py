# what: Opens an issue on GitHub.
# hosts: api.github.com
# secrets: GITHUB_TOKEN sealed -> api.github.com
async def main(repository: str, title: str, body: str = "", labels: list[str] | None = None) -> dict:
    """Open an issue in a repository and return its number and address."""
    token = secrets["GITHUB_TOKEN"]
    reply = await http.post(
        f"https://api.github.com/repos/{repository}/issues",
        headers={"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"},
        json={"title": title, "body": body, "labels": labels or []},
    )
    if reply.status_code == 404:
        raise LookupError(f"no repository {repository}, or the token may not see it")
    reply.raise_for_status()
    issue = reply.json()
    return {"number": issue["number"], "url": issue["html_url"]}
