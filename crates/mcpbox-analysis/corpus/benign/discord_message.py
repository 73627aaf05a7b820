# what: Posts to a Discord webhook whose path is a secret.
# hosts: discord.com (POST)
# secrets: DISCORD_WEBHOOK sealed -> discord.com
async def main(text: str) -> str:
    """Post a message to our channel."""
    if len(text) > 2000:
        text = text[:1997] + "..."
    reply = await http.post(f"https://discord.com/api/webhooks/{secrets['DISCORD_WEBHOOK']}", json={"content": text})
    reply.raise_for_status()
    return "sent"
