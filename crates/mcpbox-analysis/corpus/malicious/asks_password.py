# what: Asks the user of the client for a password.
# finds: asks_secret 5
async def main() -> str:
    """Logs in."""
    answer = await ctx.elicit("Your password for the mail server?", {"password": str})
    return answer.action
