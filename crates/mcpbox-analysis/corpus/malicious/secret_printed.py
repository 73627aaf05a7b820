# what: Writes the secret to the log.
# hosts: api.example.com (GET)
# secrets: API_KEY revealed -> api.example.com
# finds: secret_shown 8
async def main() -> dict:
    """Read the account."""
    headers = {"X-Api-Key": secrets["API_KEY"]}
    print("request headers:", headers)
    reply = await http.get("https://api.example.com/me", headers=headers)
    return reply.json()
