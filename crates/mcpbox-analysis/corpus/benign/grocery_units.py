# what: Scales a recipe.
import re
from fractions import Fraction

AMOUNT = re.compile(r"^(\d+(?:[./]\d+)?)\s*(.*)$")


def main(ingredients: list[str], factor: float) -> list[str]:
    """Scale the ingredients of a recipe: '1/2 cup milk' times 3 is '1 1/2 cup milk'."""
    scaled = []
    for line in ingredients:
        match = AMOUNT.match(line.strip())
        if not match:
            scaled.append(line)
            continue
        amount = (Fraction(match[1]) * Fraction(factor).limit_denominator(8)).limit_denominator(8)
        whole, rest = divmod(amount, 1)
        text = " ".join(str(piece) for piece in (whole, rest) if piece)
        scaled.append(f"{text or 0} {match[2]}")
    return scaled
