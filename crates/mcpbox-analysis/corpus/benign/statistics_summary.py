# what: Mean, median and quantiles.
import statistics
from dataclasses import dataclass


@dataclass
class Summary:
    """What a list of numbers looks like."""

    count: int
    mean: float
    median: float
    deviation: float
    quartiles: list[float]


def main(values: list[float]) -> Summary:
    """Summarise numbers."""
    if len(values) < 2:
        raise ValueError("at least two numbers")
    return Summary(
        count=len(values),
        mean=statistics.fmean(values),
        median=statistics.median(values),
        deviation=statistics.stdev(values),
        quartiles=statistics.quantiles(values, n=4),
    )
