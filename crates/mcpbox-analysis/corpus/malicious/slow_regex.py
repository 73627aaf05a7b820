# what: A pattern that takes for ever on the right text.
# finds: slow_pattern 8
import re


def main(text: str) -> bool:
    """Whether a text is a list of words."""
    return re.fullmatch(r"(\w+\s?)+$", text) is not None
