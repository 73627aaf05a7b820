# attack: connect with asyncio
# expect: EPERM | OSError
# layers: namespaces landlock seccomp
import asyncio


async def main(canary):
    _, writer = await asyncio.open_connection("127.0.0.1", canary["tcp"])
    writer.write(canary["name"].encode())
    await writer.drain()
    return "connected"
