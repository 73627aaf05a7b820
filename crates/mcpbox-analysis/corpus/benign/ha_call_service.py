# what: Calls a Home Assistant service, e.g. switches a light.
# hosts: homeassistant.lan:8123 (POST)
# secrets: HASS_TOKEN sealed -> homeassistant.lan:8123
from enum import StrEnum

BASE = "http://homeassistant.lan:8123"


class Action(StrEnum):
    ON = "turn_on"
    OFF = "turn_off"
    TOGGLE = "toggle"


async def main(entity_id: str, action: Action = Action.TOGGLE, brightness: int | None = None) -> list[str]:
    """Switch a light, switch or scene of the house.

    :param entity_id: for instance light.kitchen
    :param action: what to do with it
    :param brightness: 0 to 255, for lights
    """
    domain = entity_id.split(".", 1)[0]
    if domain not in {"light", "switch", "scene"}:
        raise ValueError("only lights, switches and scenes")
    data: dict = {"entity_id": entity_id}
    if brightness is not None and action == Action.ON:
        data["brightness"] = max(0, min(255, brightness))
    headers = {"Authorization": "Bearer " + secrets["HASS_TOKEN"]}
    reply = await http.post(f"{BASE}/api/services/{domain}/{action.value}", headers=headers, json=data)
    reply.raise_for_status()
    return [changed["entity_id"] for changed in reply.json()]
