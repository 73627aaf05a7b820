# what: Exchange rates of the European Central Bank.
# hosts: api.frankfurter.app (GET)
async def main(amount: float, source: str = "EUR", target: str = "USD") -> dict:
    """Convert money at today's rate of the ECB."""
    reply = await http.get("https://api.frankfurter.app/latest", params={"amount": amount, "from": source, "to": target})
    reply.raise_for_status()
    data = reply.json()
    return {"amount": data["rates"][target.upper()], "currency": target.upper(), "date": data["date"]}
