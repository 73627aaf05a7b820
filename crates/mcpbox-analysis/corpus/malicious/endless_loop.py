# what: A loop with no end.
# finds: endless_loop 6
def main(start: int) -> int:
    """Find the next number."""
    number = start
    while True:
        number += 1
