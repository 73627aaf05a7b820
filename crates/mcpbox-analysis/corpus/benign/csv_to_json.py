# what: CSV lines to JSON objects, without io.
import csv


def convert(value: str):
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value


async def main(table: str, typed: bool = True) -> list[dict]:
    """Convert CSV text with a header line to a list of objects."""
    rows = csv.DictReader(table.splitlines())
    return [{key: convert(value) if typed else value for key, value in row.items()} for row in rows]
