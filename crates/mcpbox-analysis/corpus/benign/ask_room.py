# what: Asks the user for a room before it answers.
async def main(lamp: str) -> str:
    """Says where a lamp goes."""
    answer = await ctx.elicit("Which room?", {"room": ["kitchen", "bath"], "level": int})
    if not answer.accepted:
        return "nowhere"
    return f"{lamp} in the {answer['room']} at {answer['level']}"
