# what: Hashes of a text.
import hashlib
from typing import Literal


def main(text: str, algorithm: Literal["md5", "sha1", "sha256", "sha512"] = "sha256") -> str:
    """Hash a text."""
    return hashlib.new(algorithm, text.encode()).hexdigest()
