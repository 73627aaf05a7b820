# what: Unified diff of two texts.
import difflib


def main(before: str, after: str, context: int = 3) -> str:
    """Show what changed between two texts as a unified diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=context)
    return "\n".join(lines)
