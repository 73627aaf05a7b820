# what: A loop over an endless counter.
# finds: endless_loop 9
import itertools


def main(target: int) -> list[int]:
    """Collect numbers."""
    found = []
    for n in itertools.count():
        if n % target == 0:
            found.append(n)
