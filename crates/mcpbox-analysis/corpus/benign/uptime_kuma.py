# what: Metrics of Uptime Kuma, Basic auth.
# hosts: 10.0.0.5:3001 (GET)
# secrets: KUMA_KEY sealed -> 10.0.0.5:3001
import re

LINE = re.compile(r'monitor_status\{monitor_name="([^"]+)".*\} (\d)')


async def main() -> dict[str, str]:
    """Which monitors are up."""
    reply = await http.get("http://10.0.0.5:3001/metrics", auth=("", secrets["KUMA_KEY"]))
    reply.raise_for_status()
    names = {"0": "down", "1": "up", "2": "pending", "3": "maintenance"}
    return {name: names.get(state, state) for name, state in LINE.findall(reply.text)}
