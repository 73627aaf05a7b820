# what: A time in several zones.
from datetime import datetime as dt
from zoneinfo import ZoneInfo


def main(when: str, source: str, targets: list[str]) -> dict[str, str]:
    """Show a time of one zone in others.

    Args:
        when: like 2026-05-01T09:30
        source: like Europe/Berlin
        targets: like America/New_York
    """
    moment = dt.fromisoformat(when).replace(tzinfo=ZoneInfo(source))
    return {zone: moment.astimezone(ZoneInfo(zone)).isoformat() for zone in targets}
