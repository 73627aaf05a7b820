# what: Asks for memory that is not there.
# finds: huge_allocation 5
def main(n: int) -> int:
    """Sum squares fast."""
    table = [0] * 4_000_000_000
    return table[n] + sum(k * k for k in range(n))
