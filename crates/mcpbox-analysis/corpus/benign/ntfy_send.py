# what: Sends a push message through ntfy.
# hosts: ntfy.sh (POST)
# secrets: NTFY_TOPIC sealed -> ntfy.sh
from typing import Literal


async def main(message: str, title: str = "mcpbox", priority: Literal["low", "default", "high"] = "default") -> bool:
    """Send a message to my phone."""
    reply = await http.post(
        f"https://ntfy.sh/{secrets['NTFY_TOPIC']}", content=message, headers={"Title": title, "Priority": priority}
    )
    return reply.is_success
