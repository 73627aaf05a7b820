# what: Links of a page that the caller pastes, with the parser of the standard library.
from html.parser import HTMLParser
from urllib.parse import urljoin


class Links(HTMLParser):
    """Collects the targets of links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def main(page: str, base: str = "https://example.org/") -> list[str]:
    """List the links of an HTML page."""
    parser = Links()
    parser.feed(page)
    return sorted({urljoin(base, link) for link in parser.found})
