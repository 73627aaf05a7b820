# attack: wait for a future that never comes
# expect: timeout
# layers: supervisor
import asyncio


async def main(canary):
    await asyncio.get_running_loop().create_future()
