"""What it costs to call a tool of another MCP server through MCPbox: beside the same call sent there directly, in turns; what fifty sources take of
memory while nobody calls them; and how others fare while one of them hangs. Runs in a network of its own (`scripts/bench sources`), whose addresses
from 10.99.0.1 on are this machine. Prints tables; ends with 1 when a target is missed."""

from __future__ import annotations

import asyncio
import signal
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "story"))
from box import AdminSession, Box  # noqa: E402 (the tests' own parts)
from llm import Llm, Refused, connect  # noqa: E402
from mcp_http import call as ask  # noqa: E402
from measure import ARGUMENTS, CALLS, Peer, load, memory_mb  # noqa: E402

# Of a network in which no address is anybody else's.
HERE = "10.99.0.1"
ROUNDS = 7
MANY = 50
QUESTIONS = 200
WAITERS = 16
OVERHEAD_MAX_MS = 1.0
MEMORY_MAX_MB = 30.0


def let_in(box: Box, url: str) -> None:
    """A human lets the source at this address be reached."""
    admin = AdminSession(box.admin_url)
    waiting = admin.send("GET", "/grants?state=pending&page_size=100")["items"]
    [grant] = [grant for grant in waiting if grant["capability"].get("url") == url]
    admin.send("POST", f"/grants/{grant['id']}/approve", {"content_hash": grant["content_hash"]})


async def bring(box: Box, llm: Llm, server: str, url: str) -> str:
    """A server with one tool of the source at this address, published; its name."""
    await llm.call("mcpbox_create_server", name=server)
    await llm.call("mcpbox_start_server", server_id=server)
    await llm.call("mcpbox_add_external_source", server_id=server, name="there", url=url)
    let_in(box, url)
    await llm.call("mcpbox_discover_external_tools", source_id=f"{server}/there")
    await llm.call("mcpbox_import_external_tools", source_id=f"{server}/there", tool_names=["add"])
    await llm.call("mcpbox_request_publish", tool_id=f"{server}__add")
    box.approve(f"{server}__add")
    assert await llm.call(f"{server}__add", **ARGUMENTS) == {"result": 42}
    return f"{server}__add"


def median_call_ms(url: str, name: str) -> float:
    params: dict[str, Any] = {"name": name, "arguments": ARGUMENTS}
    return load(url, "tools/call", name, params, 1, CALLS // ROUNDS)["p50_ms"]


def overhead(box: Box, peer: Peer, tool: str) -> bool:
    direct_ms, through_ms = [], []
    for _ in range(ROUNDS):
        direct_ms.append(median_call_ms(peer.url, "add"))
        through_ms.append(median_call_ms(box.mcp_url, tool))
    direct, through = statistics.median(direct_ms), statistics.median(through_ms)
    print("| a call of `add` of a FastMCP server | p50 |\n| --- | ---: |")
    print(f"| sent there | {direct:.3f} ms |\n| through MCPbox | {through:.3f} ms |")
    print(f"| more (goal: {OVERHEAD_MAX_MS} ms at most) | {through - direct:.3f} ms |\n", flush=True)
    return through - direct <= OVERHEAD_MAX_MS


def resting_mb(box: Box) -> float:
    """Memory of the server alone once it has come to rest, PSS."""
    assert box.process is not None
    time.sleep(5)
    return memory_mb([box.process.pid])


async def many(box: Box, peer: Peer) -> bool:
    before = resting_mb(box)
    async with connect(box.mcp_url) as llm:
        for number in range(MANY):
            await bring(box, llm, f"many_{number}", f"http://10.99.1.{number + 1}:{peer.port}/mcp")
    after = resting_mb(box)
    print(f"| memory of the server, PSS | |\n| --- | ---: |\n| before | {before:.1f} MB |\n| with {MANY} idle sources | {after:.1f} MB |")
    print(f"| more (goal: {MEMORY_MAX_MB:.0f} MB at most) | {after - before:.1f} MB |\n", flush=True)
    return after - before <= MEMORY_MAX_MB


def spread_ms(box: Box, tool: str) -> tuple[float, float]:
    """Median and p95 of calls, each on a connection of its own."""
    took = []
    for _ in range(QUESTIONS):
        began = time.monotonic()
        ask(box.mcp_url, tool, **ARGUMENTS)
        took.append((time.monotonic() - began) * 1e3)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def hang(box: Box, other: Peer, tool: str, hanging: str) -> bool:
    free = spread_ms(box, tool)
    answers: list[str] = []

    def wait() -> None:
        try:
            ask(box.mcp_url, hanging, timeout=120, **ARGUMENTS)
            answers.append("answered")
        except Refused as refused:
            answers.append(refused.kind)

    other.process.send_signal(signal.SIGSTOP)
    threads = [threading.Thread(target=wait) for _ in range(WAITERS)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    meanwhile = spread_ms(box, tool)
    other.process.send_signal(signal.SIGCONT)
    for thread in threads:
        thread.join(120)
    print("| calls of another source | p50 | p95 |\n| --- | ---: | ---: |")
    print(f"| nobody hangs | {free[0]:.2f} ms | {free[1]:.2f} ms |")
    print(f"| {WAITERS} calls wait for one that hangs | {meanwhile[0]:.2f} ms | {meanwhile[1]:.2f} ms |\n")
    print(f"the {WAITERS}: {', '.join(sorted(set(answers)))}")
    # Noise is more than a wait for the one that hangs would be less than.
    return len(answers) == WAITERS and meanwhile[1] <= 2 * free[1] + 1


async def prepare(box: Box, peer: Peer, other: Peer) -> tuple[str, str]:
    box.allow_many_requests()
    async with connect(box.mcp_url) as llm:
        return await bring(box, llm, "fast", peer.url), await bring(box, llm, "slow", other.url)


def main() -> int:
    peer, other = Peer(0, HERE, "0.0.0.0"), Peer(0, HERE, HERE)
    box = Box(Path(sys.argv[1])).start()
    try:
        box.create_admin()
        tool, hanging = asyncio.run(prepare(box, peer, other))
        holds = [overhead(box, peer, tool), hang(box, other, tool, hanging), asyncio.run(many(box, peer))]
    finally:
        box.stop()
        for one in (peer, other):
            one.stop()
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
