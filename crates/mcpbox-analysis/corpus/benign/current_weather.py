# what: Current weather of a city from Open-Meteo, with a geocoding step first.
# hosts: geocoding-api.open-meteo.com (GET), api.open-meteo.com (GET)
from typing import Annotated, Literal

GEOCODE = "https://geocoding-api.open-meteo.com/v1/search"
FORECAST = "https://api.open-meteo.com/v1/forecast"


async def main(
    city: Annotated[str, "Name of the city, e.g. Oslo"],
    unit: Literal["celsius", "fahrenheit"] = "celsius",
) -> dict:
    """Current temperature, wind and humidity of a city."""
    found = await http.get(GEOCODE, params={"name": city, "count": 1})
    found.raise_for_status()
    places = found.json().get("results") or []
    if not places:
        raise ValueError(f"no place called {city!r}")
    place = places[0]
    reply = await http.get(
        FORECAST,
        params={
            "latitude": place["latitude"],
            "longitude": place["longitude"],
            "current": "temperature_2m,relative_humidity_2m,wind_speed_10m",
            "temperature_unit": unit,
        },
    )
    reply.raise_for_status()
    now = reply.json()["current"]
    return {
        "place": f"{place['name']}, {place.get('country', '?')}",
        "temperature": now["temperature_2m"],
        "humidity": now["relative_humidity_2m"],
        "wind": now["wind_speed_10m"],
    }
