async def main() -> str:
    """Asks for a yes."""
    answer = await ctx.elicit("Please confirm", {"ok": bool}, key="confirm")
    return "state-ok" if answer.get("ok") else "not confirmed"
