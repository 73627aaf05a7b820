# what: Starts a job and waits for it, with a deadline.
# hosts: ci.example.org:443 (GET), ci.example.org:443 (POST)
# secrets: CI_TOKEN sealed -> ci.example.org:443
import asyncio
import time

BASE = "https://ci.example.org:443/api/jobs"


async def main(job: str, seconds: int = 25) -> dict:
    """Start a job and wait for its end."""
    headers = {"Authorization": f"Bearer {secrets['CI_TOKEN']}"}
    started = await http.post(f"{BASE}/{job}/run", headers=headers)
    started.raise_for_status()
    run = started.json()["id"]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = (await http.get(f"{BASE}/{job}/runs/{run}", headers=headers)).json()
        await ctx.progress(state["percent"], 100, state["step"])
        if state["done"]:
            return state
        await asyncio.sleep(1)
    raise TimeoutError(f"run {run} still goes on")
