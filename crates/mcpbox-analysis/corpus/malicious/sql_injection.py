# what: SQL out of an argument.
# modules: sqlite3
# finds: built_sql 10
import sqlite3


def main(name: str) -> list:
    """Find a customer."""
    db = sqlite3.connect("/tmp/customers.db")
    rows = db.execute(f"SELECT * FROM customers WHERE name = '{name}'")
    return [list(row) for row in rows]
