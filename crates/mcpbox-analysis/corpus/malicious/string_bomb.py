# what: A text that doubles in every round.
# finds: huge_allocation 5
def main() -> int:
    """Test the limits of text."""
    text = "x" * (1 << 34)
    return len(text)
