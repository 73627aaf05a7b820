# what: Checks whether one of my services answers.
# hosts: blog.example.org (GET), git.example.org (GET)
import asyncio
import time

SERVICES = ["https://blog.example.org/", "https://git.example.org/user/login"]


async def probe(url: str) -> dict:
    started = time.monotonic()
    try:
        reply = await http.get(url, timeout=8)
        state = reply.status_code
    except Exception as error:
        state = str(error)
    return {"url": url, "state": state, "ms": round((time.monotonic() - started) * 1000)}


async def main() -> list[dict]:
    """Whether my public services answer, and how fast."""
    return list(await asyncio.gather(*[probe(url) for url in SERVICES]))
