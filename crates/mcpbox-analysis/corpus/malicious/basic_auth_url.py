# what: User and password inside the URL.
# hosts: grafana.example.org (GET)
# finds: hardcoded_credential 6
async def main(dashboard: str) -> dict:
    """Read a dashboard."""
    reply = await http.get(f"https://admin:s3cr3t-Pa55@grafana.example.org/api/dashboards/{dashboard}")
    return reply.json()
