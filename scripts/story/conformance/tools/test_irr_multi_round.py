async def main() -> str:
    """Asks two things, one after the other."""
    name = await ctx.elicit("Step 1: What is your name?", {"name": str}, key="step1")
    color = await ctx.elicit("Step 2: What is your favorite color?", {"color": str}, key="step2")
    return f"{name.get('name')} likes {color.get('color')}"
