# what: Days between dates, working days too.
from datetime import date, timedelta


def main(start: date, end: date, holidays: list[date] | None = None) -> dict[str, int]:
    """Days and working days between two dates."""
    days = (end - start).days
    free = set(holidays or [])
    step = timedelta(days=1)
    working, day = 0, start
    while day < end:
        working += day.weekday() < 5 and day not in free
        day += step
    return {"days": days, "working_days": working}
