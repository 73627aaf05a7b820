from __future__ import annotations

import asyncio
from typing import NotRequired, TypedDict


class Issue(TypedDict):
    """An open issue."""

    number: int
    title: str
    labels: list[str]
    assignee: NotRequired[str | None]


async def fetch_page(url: str, page: int) -> list[dict]:
    headers = {"Accept": "application/vnd.github+json"}
    if "GITHUB_TOKEN" in secrets:
        headers["Authorization"] = f"Bearer {secrets['GITHUB_TOKEN']}"
    response = await http.get(url, params={"page": page, "per_page": 100}, headers=headers)
    response.raise_for_status()
    return response.json()


async def main(repository: str, labels: list[str] | None = None, *, pages: int = 1) -> list[Issue]:
    """List the open issues of a repository.

    :param repository: ``owner/name``.
    :param labels: Only issues with all of these labels.
    :param pages: How many pages of 100 to read.
    :returns: The issues, newest first.
    """
    url = f"https://api.github.com/repos/{repository}/issues"
    fetched = await asyncio.gather(*(fetch_page(url, page + 1) for page in range(pages)))
    wanted = set(labels or [])
    issues: list[Issue] = []
    for page in fetched:
        for item in page:
            names = [label["name"] for label in item["labels"]]
            if wanted <= set(names):
                issues.append({"number": item["number"], "title": item["title"], "labels": names})
    return issues
