# what: A number with a billion digits.
# finds: huge_allocation 5
def main() -> int:
    """Big number arithmetic."""
    return len(str(7 ** 10 ** 10))
