# what: Temperature between Celsius, Fahrenheit and Kelvin.
from typing import Literal

Scale = Literal["C", "F", "K"]


def to_kelvin(value: float, scale: Scale) -> float:
    match scale:
        case "C":
            return value + 273.15
        case "F":
            return (value - 32) * 5 / 9 + 273.15
        case _:
            return value


def main(value: float, source: Scale, target: Scale) -> dict[str, float]:
    """Convert a temperature."""
    kelvin = to_kelvin(value, source)
    if kelvin < 0:
        raise ValueError("colder than absolute zero")
    result = {"C": kelvin - 273.15, "F": (kelvin - 273.15) * 9 / 5 + 32, "K": kelvin}[target]
    return {"value": round(result, 2)}
