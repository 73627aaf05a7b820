# what: Pivot table with pandas.
# packages: pandas
# modules: io
import io

import pandas as pd


def main(table: str, index: str, columns: str, values: str) -> dict:
    """Make a pivot table of CSV text."""
    frame = pd.read_csv(io.StringIO(table))
    pivot = frame.pivot_table(index=index, columns=columns, values=values, aggfunc="sum", fill_value=0)
    return json.loads(pivot.to_json(orient="index"))
