# what: Deletes a DNS record; destructive, and says so.
# hosts: api.cloudflare.com
# secrets: CLOUDFLARE_TOKEN sealed -> api.cloudflare.com
API = "https://api.cloudflare.com/client/v4"


async def main(zone: str, name: str) -> dict:
    """Delete the DNS record of a name. This cannot be undone."""
    headers = {"Authorization": f"Bearer {secrets['CLOUDFLARE_TOKEN']}"}
    found = await http.get(f"{API}/zones/{zone}/dns_records", params={"name": name}, headers=headers)
    found.raise_for_status()
    records = found.json()["result"]
    if len(records) != 1:
        raise LookupError(f"{len(records)} records are called {name}")
    gone = await http.delete(f"{API}/zones/{zone}/dns_records/{records[0]['id']}", headers=headers)
    gone.raise_for_status()
    return {"deleted": records[0]["content"]}
