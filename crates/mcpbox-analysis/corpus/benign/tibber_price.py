# what: Electricity prices by GraphQL.
# hosts: api.tibber.com (POST)
# secrets: TIBBER_TOKEN sealed -> api.tibber.com
QUERY = "{ viewer { homes { currentSubscription { priceInfo { today { total startsAt } } } } } }"


async def main() -> list[dict]:
    """Price of electricity by the hour, today."""
    reply = await http.post(
        "https://api.tibber.com/v1-beta/gql",
        json={"query": QUERY},
        headers={"Authorization": f"Bearer {secrets['TIBBER_TOKEN']}"},
    )
    reply.raise_for_status()
    home = reply.json()["data"]["viewer"]["homes"][0]
    return [
        {"hour": price["startsAt"][11:13], "total": price["total"]}
        for price in home["currentSubscription"]["priceInfo"]["today"]
    ]
