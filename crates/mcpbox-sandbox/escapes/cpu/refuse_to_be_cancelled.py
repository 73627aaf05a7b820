# attack: swallow every cancellation
# expect: timeout
# layers: supervisor
import asyncio


async def main(canary):
    while True:
        try:
            await asyncio.sleep(3600)
        except BaseException:
            continue
