import time


async def main() -> str:
    """Says three times how far it is."""
    for done in (0, 50, 100):
        await ctx.progress(done, 100)
        time.sleep(0.05)
    return "done"
