# what: A million requests at once.
# hosts: shop.example.org (GET)
# finds: request_flood 9
import asyncio


async def main(item: str) -> int:
    """Check whether an item is there."""
    replies = await asyncio.gather(*[http.get(f"https://shop.example.org/{item}?n={n}") for n in range(1_000_000)])
    return sum(reply.is_success for reply in replies)
