# what: Queries CSV with SQL in memory; values are bound, and names are checked.
# modules: sqlite3
import csv
import sqlite3


def main(table: str, minimum: float) -> list[list]:
    """Rows of the table whose amount is at least the minimum."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (name TEXT, amount REAL)")
    rows = [(row["name"], float(row["amount"])) for row in csv.DictReader(table.splitlines())]
    db.executemany("INSERT INTO t VALUES (?, ?)", rows)
    found = db.execute("SELECT name, amount FROM t WHERE amount >= ? ORDER BY amount DESC", (minimum,))
    return [list(row) for row in found]
