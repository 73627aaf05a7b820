async def main() -> str:
    """Asks for a name and greets."""
    answer = await ctx.elicit("What is your name?", {"name": str}, key="user_name")
    return f"Hello, {answer.get('name', 'stranger')}!"
