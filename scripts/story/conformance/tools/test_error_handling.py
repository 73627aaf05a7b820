async def main() -> str:
    """Always fails."""
    raise ValueError("This tool intentionally returns an error for testing")
