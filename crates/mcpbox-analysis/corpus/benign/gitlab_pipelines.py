# what: Pipelines of a project with pages until there are no more.
# hosts: gitlab.com (GET)
# secrets: GITLAB_TOKEN sealed -> gitlab.com
from urllib.parse import quote_plus


async def main(project: str, status: str = "failed") -> list[dict]:
    """Pipelines of a project in a state, of all pages."""
    page, found = 1, []
    while True:
        reply = await http.get(
            f"https://gitlab.com/api/v4/projects/{quote_plus(project)}/pipelines",
            params={"status": status, "page": page, "per_page": 100},
            headers={"PRIVATE-TOKEN": secrets["GITLAB_TOKEN"]},
        )
        reply.raise_for_status()
        batch = reply.json()
        found += [{"id": item["id"], "ref": item["ref"], "url": item["web_url"]} for item in batch]
        if len(batch) < 100 or page >= 10:
            return found
        page += 1
