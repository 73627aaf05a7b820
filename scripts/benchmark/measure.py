"""Measures MCPbox beside FastMCP with the same client in one run, and prints a table with the targets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "story"))
from box import Box  # noqa: E402 (the tests' own parts)
from llm import connect  # noqa: E402

LOAD = os.environ["MCPBOX_LOAD"]
CALLS = int(os.environ.get("MCPBOX_BENCH_CALLS", "3000"))
TOOLS = 528
SEARCHED = 1_000
ADD = "def main(a: int, b: int) -> int:\n    '''Adds.'''\n    return a + b\n"
ARGUMENTS = {"a": 20, "b": 22}
VERBS = ("list", "fetch", "count", "send", "check", "convert", "summarise", "archive", "rename", "compare")
SUBJECTS = ("invoice", "weather", "calendar", "message", "photo", "parcel", "backup", "playlist", "recipe", "contact", "sensor", "ticket")


@dataclass
class Row:
    """A figure of both, and what it must keep to."""

    what: str
    unit: str
    ours: float
    theirs: float | None
    target: str
    holds: bool


def load(url: str, method: str, name: str, params: Any, concurrency: int, requests: int) -> dict[str, float]:
    command = [LOAD, url, method, name, str(concurrency), str(requests), json.dumps(params)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name or method}: {done.stderr}")
    return json.loads(done.stdout)


def call(url: str, name: str, arguments: Any, concurrency: int = 1, requests: int = CALLS) -> dict[str, float]:
    load(url, "tools/call", name, {"name": name, "arguments": arguments}, concurrency, min(200, requests))
    return load(url, "tools/call", name, {"name": name, "arguments": arguments}, concurrency, requests)


def listing(url: str) -> float:
    """Seconds for the whole list, however many pages it has."""
    load(url, "tools/list", "", {}, 1, 20)
    return load(url, "tools/list", "", {}, 1, 300)["p50_ms"]


def memory_mb(pids: list[int]) -> float:
    """Proportional set size of processes: shared pages count once."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    return total / 1024


class Peer:
    """A FastMCP process."""

    def __init__(self, more: int, address: str = "127.0.0.1", listens: str = "127.0.0.1") -> None:
        with socket.create_server((listens, 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://{address}:{self.port}/mcp"
        began = time.monotonic()
        peer = Path(__file__).parent / "peer.py"
        self.process = subprocess.Popen([sys.executable, str(peer), str(self.port), str(more), listens], stdin=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection((address, self.port), 1).close()
                break
            except OSError:
                time.sleep(0.005)
        call(self.url, "add", ARGUMENTS, 1, 1)
        self.first_call_s = time.monotonic() - began

    def stop(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


async def prepare(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.publish(box, "maths", "add", ADD)
        await llm.call("mcpbox_start_server", server_id="maths")


async def fill(box: Box) -> int:
    """Publishes tools until the list has as many as asked for."""
    box.allow_many_requests()
    async with connect(box.mcp_url) as llm:
        have = len(await llm.tool_names())
        await llm.call("mcpbox_create_server", name="many")
        for number in range(TOOLS - have):
            name = f"add_{number:03}"
            await llm.call("mcpbox_create_tool", server_id="many", name=name, python_code=ADD)
            await llm.call("mcpbox_request_publish", tool_id=f"many__{name}")
        box.approve_all()
        await llm.call("mcpbox_start_server", server_id="many")
        return len(await llm.tool_names())


def varied(number: int) -> tuple[str, str]:
    """Name and code of a tool that differs from the others as real ones do."""
    verb, subject = VERBS[number % len(VERBS)], SUBJECTS[number // len(VERBS) % len(SUBJECTS)]
    code = f'''def main({subject}: str, limit: int = 10) -> str:
    """{verb.title()} every {subject} of a customer, as kept in archive {number}.

    Args:
        {subject}: Which {subject} to {verb}.
        limit: How many at most.
    """
    return {subject}
'''
    return f"{verb}_{subject}_{number}", code


async def fill_varied(box: Box) -> int:
    """Publishes varied tools until there are as many as are to be searched."""
    async with connect(box.mcp_url) as llm:
        have = (await llm.call("mcpbox_search_tools", query=""))["searched"]
        await llm.call("mcpbox_create_server", name="varied")
        for number in range(SEARCHED - have):
            name, code = varied(number)
            await llm.call("mcpbox_create_tool", server_id="varied", name=name, python_code=code)
            await llm.call("mcpbox_request_publish", tool_id=f"varied__{name}")
        box.approve_all()
        await llm.call("mcpbox_start_server", server_id="varied")
        found = await llm.call("mcpbox_search_tools", query="compare the recipes of a customer")
        assert "compare_recipe" in found["tools"][0]["name"], found
        return found["searched"]


def search_ms(box: Box) -> float:
    """The slowest of some searches: words of one tool, words of many, a beginning, words of none."""
    queries = ("compare recipe", "list every invoice of a customer", "summar", "archive 777", "zebra")
    params = ({"name": "mcpbox_search_tools", "arguments": {"query": query}} for query in queries)
    return max(load(box.mcp_url, "tools/call", "mcpbox_search_tools", one, 1, 300)["p50_ms"] for one in params)


def box_memory(box: Box) -> float:
    assert box.process is not None
    return memory_mb([box.process.pid, *box.children()])


def measure(box: Box) -> list[Row]:
    rows: list[Row] = []

    def row(what: str, unit: str, ours: float, theirs: float | None, at_most: float | None = None, at_least: float | None = None) -> None:
        target = f"≤ {at_most:g}" if at_most is not None else f"≥ {at_least:g}" if at_least is not None else ""
        holds = (at_most is None or ours <= at_most) and (at_least is None or ours >= at_least)
        rows.append(Row(what, unit, ours, theirs, target, holds))
        print(f"  {what}: {ours:.2f} {unit}", file=sys.stderr)

    box.start()
    box.create_admin()
    asyncio.run(prepare(box))
    box.stop()
    began = time.monotonic()
    box.start()
    call(box.mcp_url, "maths__add", ARGUMENTS, 1, 1)
    first_s = time.monotonic() - began
    peer = Peer(0)
    row("start to first successful call", "s", first_s, peer.first_call_s, at_most=1.0)
    time.sleep(3)
    row("idle memory, everything (PSS)", "MB", box_memory(box), memory_mb([peer.process.pid]), at_most=120)

    ours, theirs = call(box.mcp_url, "maths__add", ARGUMENTS), call(peer.url, "add", ARGUMENTS)
    row("add, 1 at a time, p50", "ms", ours["p50_ms"], theirs["p50_ms"], at_most=1.0)
    row("add, 1 at a time, p99", "ms", ours["p99_ms"], theirs["p99_ms"])
    ours, theirs = call(box.mcp_url, "maths__add", ARGUMENTS, 16), call(peer.url, "add", ARGUMENTS, 16)
    row("add, 16 at once, throughput", "/s", ours["per_second"], theirs["per_second"], at_least=500)
    row("add, 16 at once, p50", "ms", ours["p50_ms"], theirs["p50_ms"])
    row("add, 16 at once, p99", "ms", ours["p99_ms"], theirs["p99_ms"])
    peer.stop()

    management: list[tuple[str, Any]] = [
        ("mcpbox_list_servers", {}),
        ("mcpbox_get_tool", {"tool_id": "maths__add"}),
        ("mcpbox_get_tool_status", {"tool_id": "maths__add"}),
        ("mcpbox_search_tools", {"query": "add numbers"}),
        ("mcpbox_validate_code", {"code": ADD}),
        ("mcpbox_get_tool_logs", {"tool_id": "maths__add"}),
        ("mcpbox_create_server", {"name": "bench_{n}"}),
        ("mcpbox_create_tool", {"server_id": "maths", "name": "bench_{n}", "python_code": ADD}),
    ]
    for name, arguments in management:
        params = {"name": name, "arguments": arguments}
        row(name, "ms", load(box.mcp_url, "tools/call", name, params, 1, 300)["p50_ms"], None, at_most=2.0)

    listed = asyncio.run(fill(box))
    peer = Peer(listed - 1)
    row(f"tools/list with {listed} tools, p50", "ms", listing(box.mcp_url), listing(peer.url), at_most=5.0)
    row(f"idle memory with {listed} tools", "MB", box_memory(box), memory_mb([peer.process.pid]))
    peer.stop()
    searched = asyncio.run(fill_varied(box))
    row(f"mcpbox_search_tools among {searched} tools, p50", "ms", search_ms(box), None, at_most=5.0)
    box.stop()
    return rows


def table(rows: list[Row]) -> str:
    lines = ["| | MCPbox | FastMCP | ratio | target | |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for row in rows:
        theirs = "" if row.theirs is None else f"{row.theirs:.2f} {row.unit}"
        ratio = "" if not row.theirs else f"{row.ours / row.theirs:.2f}"
        verdict = "" if not row.target else ("holds" if row.holds else "MISSED")
        lines.append(f"| {row.what} | {row.ours:.2f} {row.unit} | {theirs} | {ratio} | {row.target} | {verdict} |")
    return "\n".join(lines)


def main(directory: Path) -> int:
    rows = measure(Box(directory))
    machine = f"{os.cpu_count()} cores, Linux {os.uname().release}, {os.uname().machine}"
    print(f"\n{machine}. MCPbox: a fresh jailed process per call. FastMCP: the same function in its own process, no sandbox.\n")
    print(table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
