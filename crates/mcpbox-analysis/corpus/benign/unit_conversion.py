# what: Converts between units with an enum and a table of factors.
from enum import Enum


class Unit(Enum):
    """Units of length."""

    METER = "m"
    KILOMETER = "km"
    MILE = "mi"
    FOOT = "ft"
    INCH = "in"


FACTORS = {Unit.METER: 1.0, Unit.KILOMETER: 1000.0, Unit.MILE: 1609.344, Unit.FOOT: 0.3048, Unit.INCH: 0.0254}


def main(value: float, source: Unit, target: Unit) -> float:
    """Convert a length from one unit to another."""
    return value * FACTORS[source] / FACTORS[target]
