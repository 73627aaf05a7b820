# what: Waits for a state that may never come.
# hosts: api.example.com (GET)
# finds: endless_loop 9
import asyncio


async def main(job: str) -> dict:
    """Wait for a job."""
    while True:
        state = (await http.get(f"https://api.example.com/jobs/{job}")).json()
        if state["done"]:
            return state
        await asyncio.sleep(5)
