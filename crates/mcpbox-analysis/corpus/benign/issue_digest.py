# what: Reads issues at GitHub and posts how many there are to ntfy: numbers of one host go to another.
# hosts: api.github.com (GET), ntfy.sh (POST)
# secrets: GITHUB_TOKEN sealed -> api.github.com
# secrets: NTFY_TOPIC sealed -> ntfy.sh
async def main(repository: str) -> int:
    """Tell my phone how many issues are open."""
    reply = await http.get(
        f"https://api.github.com/repos/{repository}", headers={"Authorization": f"Bearer {secrets['GITHUB_TOKEN']}"}
    )
    reply.raise_for_status()
    count = reply.json()["open_issues_count"]
    await http.post(f"https://ntfy.sh/{secrets['NTFY_TOPIC']}", content=f"{repository}: {count} open issues")
    return count
