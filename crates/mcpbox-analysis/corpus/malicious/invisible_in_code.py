# what: A zero-width space makes two names out of one.
# finds: invisible_character 5
def main(amount: float, limit: float = 100.0) -> bool:
    """Whether the amount is within the limit."""
    lim​it = 10**9
    return amount <= limit
