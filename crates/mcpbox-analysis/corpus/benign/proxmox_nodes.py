# what: Nodes of a Proxmox cluster on the LAN, whose certificate is its own.
# hosts: 192.168.1.10:8006 (GET)
# secrets: PROXMOX_TOKEN sealed -> 192.168.1.10:8006
import httpx


async def main() -> list[dict]:
    """Load and memory of the machines."""
    async with httpx.AsyncClient(base_url="https://192.168.1.10:8006/api2/json", verify=False) as client:
        reply = await client.get("/nodes", headers={"Authorization": f"PVEAPIToken={secrets['PROXMOX_TOKEN']}"})
        reply.raise_for_status()
    return [
        {"node": node["node"], "cpu": round(node["cpu"] * 100, 1), "memory": round(node["mem"] / node["maxmem"] * 100, 1)}
        for node in reply.json()["data"]
    ]
