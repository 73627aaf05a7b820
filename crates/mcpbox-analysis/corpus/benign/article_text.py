# what: Readable text of a page of one site, with beautifulsoup.
# hosts: www.gutenberg.org (GET)
# packages: beautifulsoup4
from bs4 import BeautifulSoup


async def main(book: int) -> str:
    """Text of a book page at Project Gutenberg."""
    reply = await http.get(f"https://www.gutenberg.org/ebooks/{book}")
    reply.raise_for_status()
    soup = BeautifulSoup(reply.text, "html.parser")
    for tag in soup(["script", "style", "nav"]):
        tag.decompose()
    return soup.get_text("\n", strip=True)
