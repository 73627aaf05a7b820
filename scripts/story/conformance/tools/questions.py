@prompt
async def test_irr_prompt():
    """Asks for what it is about."""
    form = {"context": str}
    answer = await ctx.elicit("What context should the prompt use?", form, key="user_context")
    return f"Context: {answer['context']}"


async def main() -> str:
    """Tells which prompt stands beside it."""
    return "test_irr_prompt"
