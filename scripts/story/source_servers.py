"""Other people's MCP servers, as they come from npm and PyPI, on the address of the test's network."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lan_host import ADDRESS

HERE = Path(__file__).parent / "sources"
EVERYTHING = HERE / "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
PYTHON = Path(os.environ["MCPBOX_SOURCES_PYTHON"])
NODE = os.environ["MCPBOX_NODE"]
START_LIMIT_S = 60


class SourceServer:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], port: int, path: str) -> None:
        self.process = process
        self.port = port
        self.url = f"http://{ADDRESS}:{port}/{path}"

    def connections(self) -> int:
        """How many connections to it are open."""
        it = f"{int.from_bytes(socket.inet_aton(ADDRESS), 'little'):08X}:{self.port:04X}"
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
        return sum(row[1] == it and row[3] == "01" for row in rows)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Meanwhile it takes connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def change(self) -> None:
        """Makes another one of the tool `weather` of the FastMCP server."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("change\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "changed\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], port: int, path: str, env: dict[str, str] | None = None) -> Iterator[SourceServer]:
    process = subprocess.Popen(
        command, env=os.environ | (env or {}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                socket.create_connection((ADDRESS, port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, command
                time.sleep(0.05)
        yield SourceServer(process, port, path)
    finally:
        process.kill()
        process.wait()


@contextmanager
def fast(token: str | None = None, port: int | None = None, path: str = "mcp") -> Iterator[SourceServer]:
    """The FastMCP server of `sources/fast.py`; at the path `sse` it speaks HTTP+SSE."""
    port = port or free_port()
    command = [str(PYTHON), str(HERE / "fast.py"), ADDRESS, str(port), path, *([token] if token else [])]
    with started(command, port, path) as server:
        yield server


class Guarded(SourceServer):
    """The server of `sources/guarded.py`."""

    def __init__(self, server: SourceServer, name: str) -> None:
        super().__init__(server.process, server.port, "mcp")
        self.login_origin = f"http://{name}:{server.port}"

    def do(self, what: str) -> int:
        """Has it expire, revoke, close or open; how often it was asked to renew tokens."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def guarded(lasts_s: int = 3600, name: str = "lan.attack.example") -> Iterator[Guarded]:
    """The server of `sources/guarded.py`: its people log in at another name of its address."""
    port = free_port()
    with started([str(PYTHON), str(HERE / "guarded.py"), ADDRESS, str(port), name, str(lasts_s)], port, "mcp") as server:
        yield Guarded(server, name)


@contextmanager
def everything(path: str = "mcp") -> Iterator[SourceServer]:
    """The reference server that has a bit of everything; at the path `sse` it speaks HTTP+SSE."""
    port = free_port()
    transport = {"mcp": "streamableHttp", "sse": "sse"}[path]
    with started([NODE, str(EVERYTHING), transport], port, path, {"PORT": str(port)}) as server:
        yield server
