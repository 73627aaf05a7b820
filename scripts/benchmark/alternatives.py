"""What else one could do instead of a parked process: start an interpreter per call, the same under bubblewrap, or no sandbox at
all (FastMCP, in its own process). Prints medians; run by scripts/bench beside the supervisor's figures."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROUNDS = 60
CODE = "import json; print(json.dumps(20 + 22))"
BUBBLEWRAP = ["bwrap", "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent"]


def median_ms(action: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def spawn(*prefix: str) -> float:
    command = [*prefix, sys.executable, "-I", "-S", "-c", CODE]
    return median_ms(lambda: subprocess.run(command, check=True, capture_output=True))


async def in_process() -> float:
    from fastmcp import Client, FastMCP

    server: FastMCP = FastMCP("peer")

    @server.tool
    def add(a: int, b: int) -> int:
        return a + b

    times = []
    async with Client(server) as client:
        for _ in range(500):
            began = time.perf_counter()
            await client.call_tool("add", {"a": 20, "b": 22})
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    print(f"{'python -I -S, one process per call':<44}{spawn():>9.3f} ms")
    if shutil.which("bwrap"):
        print(f"{'the same under bubblewrap':<44}{spawn(*BUBBLEWRAP):>9.3f} ms")
    else:
        print("bubblewrap is not installed (apt-get install bubblewrap)")
    print(f"{'FastMCP, in its own process, no sandbox':<44}{asyncio.run(in_process()):>9.3f} ms")


if __name__ == "__main__":
    main()
