# what: Least squares by hand.
import math


def main(xs: list[float], ys: list[float]) -> dict[str, float]:
    """Fit a line through points and say how well it fits."""
    if len(xs) != len(ys) or len(xs) < 2:
        raise ValueError("as many x as y, at least two")
    n = len(xs)
    mx, my = sum(xs) / n, sum(ys) / n
    sxx = sum((x - mx) ** 2 for x in xs)
    sxy = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    syy = sum((y - my) ** 2 for y in ys)
    slope = sxy / sxx
    return {"slope": slope, "intercept": my - slope * mx, "r": sxy / math.sqrt(sxx * syy) if syy else 1.0}
