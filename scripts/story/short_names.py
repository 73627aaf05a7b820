"""Stands between the conformance suite and MCPbox, whose tools have names of at most 31 characters (`server__tool` then fits the 64 that
clients take): the suite's longer names are made shorter in requests. Nothing else is changed, and nothing in the answers."""

from __future__ import annotations

import asyncio
import threading

SHORTER = {
    b"test_input_required_result_": b"test_irr_",
    b"test_elicitation_sep1034_defaults": b"test_elicit_sep1034_defaults",
}


class ShortNames:
    """Listens on `address` and passes on to `port` of this machine."""

    def __init__(self, address: str, port: int) -> None:
        self._host, _, listens = address.partition(":")
        self._listens, self._port = int(listens), port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> ShortNames:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, self._host, self._listens), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        reader, server = await asyncio.open_connection(self._host, self._port)
        ways = [asyncio.create_task(self._requests(client, server)), asyncio.create_task(self._copy(reader, answer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        server.close()
        answer.close()

    async def _requests(self, client: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await client.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            lines = shorter(head).split(b"\r\n")
            length = next((int(line.partition(b":")[2]) for line in lines if line.lower().startswith(b"content-length:")), 0)
            body = shorter(await client.readexactly(length))
            lines = [b"content-length: %d" % len(body) if line.lower().startswith(b"content-length:") else line for line in lines]
            server.write(b"\r\n".join(lines) + body)
            await server.drain()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


def shorter(data: bytes) -> bytes:
    for long, short in SHORTER.items():
        data = data.replace(long, short)
    return data
