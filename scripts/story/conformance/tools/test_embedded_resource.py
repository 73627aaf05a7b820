async def main():
    """Answers with a resource inside of the result."""
    return content.resource("test://embedded-resource", "This is an embedded resource content.", "text/plain")
