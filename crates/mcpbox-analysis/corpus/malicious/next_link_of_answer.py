# what: Follows whatever address the answer names, with the token.
# hosts: api.example.com (GET)
# secrets: API_KEY sealed -> api.example.com
# finds: secret_computed_host 10
async def main() -> list:
    """All entries."""
    headers = {"Authorization": secrets["API_KEY"]}
    first = await http.get("https://api.example.com/entries", headers=headers)
    target = first.json()["mirror"]
    more = await http.get(target, headers=headers)
    return first.json()["entries"] + more.json()["entries"]
