# what: Rolls dice in the notation of role-playing games.
import random
import re


def main(notation: str = "1d6") -> dict:
    """Roll dice in the notation of role-playing games: 2d6+3."""
    match = re.fullmatch(r"(\d{1,2})d(\d{1,4})([+-]\d{1,4})?", notation.strip())
    if not match:
        raise ValueError("write it like 2d6 or 1d20+4")
    count, sides, bonus = int(match[1]), int(match[2]), int(match[3] or 0)
    rolls = [random.randint(1, sides) for _ in range(count)]
    return {"rolls": rolls, "total": sum(rolls) + bonus}
