# what: Versions of a package in a registry, pages by a while loop with an end.
# hosts: registry.npmjs.org (GET)
async def main(package: str, last: int = 5) -> list[str]:
    """Newest versions of a package."""
    reply = await http.get(f"https://registry.npmjs.org/{package}")
    reply.raise_for_status()
    times = reply.json()["time"]
    times.pop("created", None)
    times.pop("modified", None)
    return sorted(times, key=times.get, reverse=True)[:last]
