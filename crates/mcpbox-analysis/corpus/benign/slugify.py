# what: A title as a URL slug.
import re
import unicodedata


def main(title: str, max_length: int = 80) -> str:
    """Turn a title into a slug: 'Über uns!' becomes 'uber-uns'."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return slug[:max_length].rstrip("-")
