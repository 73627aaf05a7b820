# what: The secret stands in the message of an error, which the model reads.
# hosts: api.example.com (GET)
# secrets: API_KEY revealed -> api.example.com
# finds: secret_shown 10
async def main() -> dict:
    """Read the account."""
    key = secrets["API_KEY"]
    reply = await http.get("https://api.example.com/me", headers={"X-Api-Key": key})
    if reply.status_code != 200:
        raise RuntimeError(f"request with {key} failed: {reply.status_code}")
    return reply.json()
