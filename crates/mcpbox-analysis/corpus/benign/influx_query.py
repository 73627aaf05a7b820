# what: Average of a sensor from InfluxDB; names go into the query only after a check.
# hosts: influx.lan:8086 (POST)
# secrets: INFLUX_TOKEN sealed -> influx.lan:8086
import re


async def main(sensor: str, hours: int = 24) -> float:
    """Average of a sensor in the last hours."""
    if not re.fullmatch(r"[a-z0-9_]{1,40}", sensor):
        raise ValueError("a sensor's name has only a-z, 0-9 and _")
    query = f'from(bucket: "home") |> range(start: -{int(hours)}h) |> filter(fn: (r) => r.sensor == "{sensor}") |> mean()'
    reply = await http.post(
        "http://influx.lan:8086/api/v2/query",
        params={"org": "home"},
        content=query,
        headers={"Authorization": f"Token {secrets['INFLUX_TOKEN']}", "Content-Type": "application/vnd.flux"},
    )
    reply.raise_for_status()
    return float(reply.text.strip().splitlines()[-1].rsplit(",", 1)[-1])
