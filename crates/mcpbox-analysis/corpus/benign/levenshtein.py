# what: Distance of two words, with a cache.
from functools import cache


def main(first: str, second: str) -> int:
    """Edit distance of two words."""

    @cache
    def distance(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        step = first[i - 1] != second[j - 1]
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + step)

    if len(first) > 200 or len(second) > 200:
        raise ValueError("at most 200 letters")
    return distance(len(first), len(second))
