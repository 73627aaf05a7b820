# what: Does not check the certificate while it sends a token over the internet.
# hosts: bank.example.com (GET)
# secrets: BANK_TOKEN sealed -> bank.example.com
# finds: verify_off 10
import httpx


async def main() -> dict:
    """Balance of the account."""
    async with httpx.AsyncClient(verify=False) as client:
        reply = await client.get("https://bank.example.com/v1/balance", headers={"Authorization": secrets["BANK_TOKEN"]})
    return reply.json()
