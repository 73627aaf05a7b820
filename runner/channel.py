"""The call socket: frames of `u32 header length, u32 body length, JSON header, raw body`, little endian.

The supervisor is trusted, so frames from it are read whole and blocking. Requests that expect an answer carry an id; one
reader at a time hands answers to whoever waits, be it a thread or a future of an event loop.

Plain locks, without the module `threading`: its work after a fork touches a third of the pages of a short call."""

from __future__ import annotations

import json
import os
import struct
import _thread

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from collections.abc import Callable
    from typing import Any

_PREFIX = struct.Struct("<II")
# The parts of `json` that do the work. Its front doors touch some thirty objects more, each on a page that a child would copy.
_scan = json.JSONDecoder().scan_once
_chunks = json.encoder.c_make_encoder(None, None, json.encoder.encode_basestring, None, ": ", ", ", False, False, False)

Answer = tuple[dict, bytes]


def decode(data: bytes) -> Any:
    """A value as the supervisor writes it: one, valid, without white space around it."""
    return _scan(data.decode(), 0)[0]


def frame(header: dict, body: bytes = b"") -> bytes:
    """A frame as it travels."""
    text = "".join(_chunks(header, 0)).encode("utf-8", "replace")
    return b"".join((_PREFIX.pack(len(text), len(body)), text, body))


class Disconnected(Exception):
    """The supervisor closed the call."""


class Channel:
    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._write_lock = _thread.allocate_lock()
        self._read_lock = _thread.allocate_lock()
        self._waiting: dict[int, Callable[[Answer], None]] = {}
        self._next_id = 0

    def send(self, header: dict, body: bytes = b"") -> None:
        view = memoryview(frame(header, body))
        with self._write_lock:
            while view:
                view = view[os.write(self.fd, view) :]

    def receive(self) -> Answer:
        header_length, body_length = _PREFIX.unpack(self._read(_PREFIX.size))
        header = decode(self._read(header_length))
        return header, self._read(body_length)

    def _read(self, length: int) -> bytes:
        data = os.read(self.fd, length) if length else b""
        if len(data) == length:
            return data
        parts, missing = [data], length - len(data)
        while missing:
            if not parts[-1]:
                raise Disconnected
            parts.append(os.read(self.fd, min(missing, 1 << 20)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def number(self) -> int:
        """A new id, for a request whose parts name it."""
        with self._write_lock:
            self._next_id += 1
            return self._next_id

    def ask(self, header: dict, body: bytes = b"", number: int | None = None) -> Answer:
        """Sends a request and waits for its answer, blocking this thread."""
        slot: list[Answer] = []
        arrived = _thread.allocate_lock()
        arrived.acquire()

        def take(answer: Answer) -> None:
            slot.append(answer)
            arrived.release()

        self._request(header, body, take, number)
        while not slot:
            if self._read_lock.acquire(blocking=False):
                try:
                    while not slot:
                        self._dispatch()
                finally:
                    self._read_lock.release()
            else:
                arrived.acquire(timeout=0.02)  # another thread reads; it delivers, or leaves the reading to us
        return slot[0]

    async def ask_async(self, header: dict, body: bytes = b"", number: int | None = None) -> Answer:
        """The same from a coroutine: without suspending when it is driven by hand, else as a future of its loop."""
        import sys

        asyncio = sys.modules.get("asyncio")
        loop = asyncio._get_running_loop() if asyncio else None
        if loop is None:
            return self.ask(header, body, number)
        future = loop.create_future()

        def take(answer: Answer) -> None:
            loop.call_soon_threadsafe(lambda: future.done() or future.set_result(answer))

        self._request(header, body, take, number)
        loop.add_reader(self.fd, self._on_readable)
        try:
            return await future
        finally:
            if not self._waiting:
                loop.remove_reader(self.fd)

    def _request(self, header: dict, body: bytes, take: Callable[[Answer], None], number: int | None) -> None:
        number = number or self.number()
        self._waiting[number] = take
        self.send({**header, "id": number}, body)

    def _on_readable(self) -> None:
        if self._read_lock.acquire(blocking=False):
            try:
                self._dispatch()
            finally:
                self._read_lock.release()

    def _dispatch(self) -> None:
        header, body = self.receive()
        take = self._waiting.pop(header.get("id"), None)
        if take is not None:
            take((header, body))
