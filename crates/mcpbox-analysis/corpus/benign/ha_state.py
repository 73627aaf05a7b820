# what: State of a Home Assistant entity on the LAN.
# hosts: 192.168.1.20:8123 (GET)
# secrets: HASS_TOKEN sealed -> 192.168.1.20:8123
BASE = "http://192.168.1.20:8123/api"


async def main(entity_id: str) -> dict:
    """State and attributes of a Home Assistant entity, e.g. sensor.living_room_temperature."""
    reply = await http.get(f"{BASE}/states/{entity_id}", headers={"Authorization": f"Bearer {secrets['HASS_TOKEN']}"})
    if reply.status_code == 404:
        raise LookupError(f"Home Assistant knows no entity {entity_id}")
    reply.raise_for_status()
    state = reply.json()
    return {"state": state["state"], "attributes": state["attributes"], "changed": state["last_changed"]}
