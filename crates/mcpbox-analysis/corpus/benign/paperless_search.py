# what: Finds documents in Paperless, with pages followed by its own next links.
# hosts: paperless.lan:8000 (GET)
# secrets: PAPERLESS_TOKEN sealed -> paperless.lan:8000
BASE = "http://paperless.lan:8000"


async def main(query: str, max_pages: int = 3) -> list[dict]:
    """Search scanned documents by words."""
    headers = {"Authorization": f"Token {secrets['PAPERLESS_TOKEN']}"}
    found: list[dict] = []
    for page in range(1, max_pages + 1):
        reply = await http.get(f"{BASE}/api/documents/", params={"query": query, "page": page}, headers=headers)
        reply.raise_for_status()
        data = reply.json()
        found += [{"id": item["id"], "title": item["title"], "created": item["created"]} for item in data["results"]]
        if not data["next"]:
            break
    return found
