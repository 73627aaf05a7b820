# what: Days until Christmas of this year.
from datetime import date


def main() -> dict[str, int]:
    """Days until Christmas."""
    today = date.today()
    christmas = date(today.year, 12, 25)
    if today > christmas:
        christmas = date(today.year + 1, 12, 25)
    return {"days": (christmas - today).days}
