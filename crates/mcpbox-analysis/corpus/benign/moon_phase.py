# what: Phase of the moon by arithmetic.
import math
from datetime import date

NEW_MOON = date(2000, 1, 6)
MONTH = 29.530588853


def main(day: date | None = None) -> dict:
    """Phase of the moon on a day."""
    age = ((day or date.today()) - NEW_MOON).days % MONTH
    names = ["new", "waxing crescent", "first quarter", "waxing gibbous", "full", "waning gibbous", "last quarter", "waning crescent"]
    return {
        "age": round(age, 1),
        "phase": names[round(age / MONTH * 8) % 8],
        "lit": round((1 - math.cos(2 * math.pi * age / MONTH)) / 2, 2),
    }
