"""Clients that behave badly, with real sockets, and one that behaves and wants answers."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from box import Box

LARGE = 3 << 20


def memory_mb(pid: int) -> float:
    """Memory of the process alone, without its jails, in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


class Crowd:
    """Many sockets to one listener."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).hostname or ""
        self.port = urlsplit(url).port or 0
        self.sockets: list[socket.socket] = []
        self.dripping: list[socket.socket] = []
        self.answered: dict[str, int] = {}

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.sockets:
            one.close()

    def _connect(self) -> socket.socket:
        # Each from an address of its own within loopback: there are not enough ports for all of them on one.
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((f"127.0.{1 + len(self.sockets) // 20_000}.1", 0))
        one.settimeout(20)
        one.connect((self.host, self.port))
        self.sockets.append(one)
        return one

    def idle(self, count: int) -> None:
        for _ in range(count):
            self._connect()

    def drip_heads(self, count: int) -> None:
        for _ in range(count):
            one = self._connect()
            self._send(one, f"POST /mcp HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n".encode())
            self.dripping.append(one)

    def drip_bodies(self, count: int) -> None:
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 100000\r\n\r\n{"
        )
        for _ in range(count):
            one = self._connect()
            self._send(one, head.encode())
            self.dripping.append(one)

    def hold_bodies(self, count: int, size: int) -> None:
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {size + 1}\r\n\r\n"
        )
        for _ in range(count):
            one = self._connect()
            self._send(one, head.encode())
            self._send(one, b" " * size)

    def keep_dripping(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in self.dripping:
                self._send(one, b"x")
            time.sleep(0.2)

    @staticmethod
    def _send(one: socket.socket, data: bytes) -> None:
        try:
            one.sendall(data)
        except OSError:
            pass  # it was let go, as it should be

    def flood(self, kind: str, stop: threading.Event) -> None:
        """Request after request until `stop`, each on a connection of its own."""
        headers = {"Content-Type": "application/json"}
        path, body = "/mcp", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"'
        if kind == "foreign_host":
            headers["Host"] = "evil.example"
        elif kind == "unauthenticated":
            headers["X-Forwarded-For"] = "198.51.100.1"
        elif kind == "large_body":
            body = b" " * LARGE
        self.answered[kind] = 0
        while not stop.is_set():
            connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
            try:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status >= 400, (kind, answer.status)
                self.answered[kind] += 1
            except OSError:
                pass
            finally:
                connection.close()


class Polite:
    """One client that calls a tool and opens the admin page, on a new connection each time."""

    def __init__(self, box: Box, limit_s: float) -> None:
        self.box = box
        self.limit_s = limit_s
        self.took_ms: dict[str, list[float]] = {"call": [], "page": []}

    def __enter__(self) -> Polite:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, times: int) -> None:
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "polite", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        body: dict[str, Any] = {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "mcpbox_list_servers", "arguments": {}, "_meta": meta},
        }  # fmt: skip
        headers = {
            "Content-Type": "application/json", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
            "Mcp-Name": "mcpbox_list_servers",
        }  # fmt: skip
        for _ in range(times):
            text = self._one("call", self.box.mcp_url, "POST", "/mcp", json.dumps(body), headers)
            assert not json.loads(text)["result"]["isError"], text
            self._one("page", self.box.admin_url, "GET", "/api/setup", None, {})

    def metric(self, name: str) -> float:
        text = self._one("page", self.box.admin_url, "GET", "/metrics", None, {})
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    def _one(self, what: str, url: str, method: str, path: str, body: str | None, headers: dict[str, str]) -> str:
        began = time.monotonic()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=self.limit_s)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, (what, answer.status, text[:500])
        self.took_ms[what].append((time.monotonic() - began) * 1e3)
        return text
