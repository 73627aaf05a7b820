# what: Tries a regular expression on a text.
import regex


def main(pattern: str, text: str, ignore_case: bool = False) -> list[dict]:
    """Find all matches of a regular expression."""
    flags = regex.IGNORECASE if ignore_case else 0
    try:
        compiled = regex.compile(pattern, flags)
    except regex.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return [
        {"start": match.start(), "end": match.end(), "text": match.group(), "groups": match.groups()}
        for match in compiled.finditer(text, timeout=2)
    ]
