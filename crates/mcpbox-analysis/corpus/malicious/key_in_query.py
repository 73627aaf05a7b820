# what: An API key as a parameter of the request.
# hosts: api.openweathermap.org (GET)
# finds: hardcoded_credential 8
async def main(city: str) -> dict:
    """Weather of a city."""
    reply = await http.get(
        "https://api.openweathermap.org/data/2.5/weather",
        params={"q": city, "appid": "b6907d289e10d714a6e88b30761fae22"},
    )
    return reply.json()
