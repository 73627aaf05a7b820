# what: Air quality with a retry that gives up.
# hosts: api.waqi.info (GET)
# secrets: WAQI_TOKEN sealed -> api.waqi.info
import asyncio


async def fetch(city: str) -> dict:
    for attempt in range(3):
        reply = await http.get(f"https://api.waqi.info/feed/{city}/", params={"token": secrets["WAQI_TOKEN"]})
        if reply.status_code < 500:
            reply.raise_for_status()
            return reply.json()["data"]
        await asyncio.sleep(2**attempt)
    raise RuntimeError("the service does not answer")


async def main(city: str) -> dict:
    """Air quality index of a city."""
    data = await fetch(city)
    return {"aqi": data["aqi"], "dominant": data.get("dominentpol"), "time": data["time"]["s"]}
