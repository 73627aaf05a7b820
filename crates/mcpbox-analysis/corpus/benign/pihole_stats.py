# what: Numbers of a Pi-hole on the LAN.
# hosts: 192.168.1.2:80 (GET)
# secrets: PIHOLE_TOKEN sealed -> 192.168.1.2:80
async def main() -> dict:
    """Queries and blocked share of the Pi-hole today."""
    reply = await http.get("http://192.168.1.2:80/admin/api.php", params={"summaryRaw": "", "auth": secrets["PIHOLE_TOKEN"]})
    reply.raise_for_status()
    data = reply.json()
    return {key: data[key] for key in ("dns_queries_today", "ads_blocked_today", "ads_percentage_today")}
