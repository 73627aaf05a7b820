async def main() -> str:
    """Answers with text."""
    return "This is a simple text response for testing."
