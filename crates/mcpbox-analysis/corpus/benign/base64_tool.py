# what: Encodes and decodes base64 that the caller gives.
import base64
from typing import Literal


def main(text: str, action: Literal["encode", "decode"] = "encode") -> str:
    """Encode text as base64, or decode it."""
    if action == "encode":
        return base64.b64encode(text.encode()).decode()
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded).decode("utf-8", "replace")
