async def main() -> str:
    """Asks for a yes."""
    answer = await ctx.elicit("Go on?")
    return answer.action
