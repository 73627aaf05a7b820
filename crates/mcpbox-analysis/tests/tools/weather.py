"""Weather from open-meteo."""
from typing import Annotated, Literal

BASE = "https://api.open-meteo.com/v1"


async def main(
    latitude: Annotated[float, "Degrees north."],
    longitude: Annotated[float, "Degrees east."],
    days: int = 3,
    units: Literal["celsius", "fahrenheit"] = "celsius",
) -> dict[str, list[float]]:
    """Get the daily temperatures of a place.

    Args:
        days: How many days, 1 to 16.
        units: Unit of the temperatures.

    Returns:
        Lists of daily minima and maxima.
    """
    response = await http.get(
        f"{BASE}/forecast",
        params={"latitude": latitude, "longitude": longitude, "forecast_days": days, "temperature_unit": units},
    )
    response.raise_for_status()
    daily = response.json()["daily"]
    return {"min": daily["temperature_2m_min"], "max": daily["temperature_2m_max"]}
