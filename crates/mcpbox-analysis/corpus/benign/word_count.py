# what: Counts words, sentences and reading time.
import re
from collections import Counter


def main(text: str, top: int = 5) -> dict:
    """Count words of a text and name the most frequent ones."""
    words = re.findall(r"[\w'-]+", text.lower())
    return {
        "words": len(words),
        "characters": len(text),
        "sentences": len(re.findall(r"[.!?]+", text)),
        "minutes": round(len(words) / 220, 1),
        "top": Counter(words).most_common(top),
    }
