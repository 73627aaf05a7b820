# what: The caller says which host gets the token.
# secrets: API_TOKEN sealed -> api.example.com
# finds: secret_computed_host 6
async def main(host: str, path: str = "status") -> dict:
    """Read the status of an instance."""
    reply = await http.get(f"https://{host}/api/{path}", headers={"Authorization": f"Bearer {secrets['API_TOKEN']}"})
    return reply.json()
