import time


async def main() -> str:
    """Says three times what it does."""
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        ctx.log(line)
        time.sleep(0.05)
    return "done"
