# what: Column statistics of CSV text.
# modules: io
import csv
import io
import statistics


def numbers(rows: list[dict[str, str]], column: str) -> list[float]:
    values = []
    for row in rows:
        try:
            values.append(float(row[column].replace(",", ".")))
        except (ValueError, KeyError, AttributeError):
            continue
    return values


async def main(text: str, delimiter: str = ",") -> dict:
    """Count rows and summarise every numeric column of a CSV table.

    Args:
        text: The table, with a header line.
        delimiter: What separates the columns.
    """
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    summary = {}
    for column in rows[0] if rows else []:
        values = numbers(rows, column)
        if values:
            summary[column] = {
                "count": len(values),
                "mean": round(statistics.fmean(values), 4),
                "min": min(values),
                "max": max(values),
            }
    return {"rows": len(rows), "columns": summary}
