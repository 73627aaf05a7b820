"""Sudden death: what was acknowledged is still there, and a call that died says so."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import anyio
import pytest
from box import Box
from llm import Llm, Refused, connect

pytestmark = pytest.mark.anyio

ADD = "def main(a: int, b: int) -> int:\n    return a + b\n"
SLOW = "import asyncio\nasync def main(seconds: float) -> str:\n    await asyncio.sleep(seconds)\n    return 'done'\n"


ROUNDS = 12 if os.environ.get("MCPBOX_LONG") else 3


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_killed_during_a_burst_of_creates_it_keeps_all_it_acknowledged(box: Box, round_number: int) -> None:
    acknowledged: list[str] = []

    async def burst(llm: Llm, worker: int) -> None:
        for number in range(10_000):
            name = f"t{worker}_{number}"
            try:
                await llm.call("mcpbox_create_tool", server_id="burst", name=name, python_code=ADD)
            except Refused:
                raise
            except Exception:  # noqa: BLE001 (however the connection breaks)
                return
            acknowledged.append(name)

    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="burst")
    with anyio.move_on_after(20):
        try:
            async with connect(box.mcp_url) as llm, anyio.create_task_group() as tasks:
                for worker in range(4):
                    tasks.start_soon(burst, llm, worker)
                while len(acknowledged) < 30 + 17 * round_number:
                    await anyio.sleep(0)
                box.kill()
        except* Exception:  # noqa: BLE001 (leaving a dead connection)
            pass
    assert len(acknowledged) >= 30, "the burst was under way"

    box.start()
    async with connect(box.mcp_url) as llm:
        stored = [tool["name"] for tool in box.cli_json("tools", "list")]
        missing = {f"burst__{name}" for name in acknowledged} - set(stored)
        assert not missing, missing
        await llm.call("mcpbox_create_tool", server_id="burst", name="after", python_code=ADD)
    assert "intact" in box.cli("audit", "verify").stdout


def zygotes(box: Box) -> list[int]:
    """Processes of the jail that have children themselves, or wait to have some: every python of the server."""
    return [pid for pid, line in box.children().items() if "zygote" in line]


async def test_a_killed_zygote_is_a_typed_error_and_the_next_call_works(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="work")
        await llm.publish(box, "work", "slow", SLOW)
        await llm.publish(box, "work", "add", ADD)
        await llm.call("mcpbox_start_server", server_id="work")
        assert await llm.call("work__slow", seconds=0) == {"result": "done"}
        outcomes: list[str] = []

        async def call() -> None:
            try:
                await llm.call("work__slow", seconds=30)
                outcomes.append("done")
            except Refused as refused:
                outcomes.append(refused.kind)

        began = time.monotonic()
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(call)
            await anyio.sleep(1)
            found = zygotes(box)
            assert found, box.children()
            for pid in found:
                with contextlib.suppress(ProcessLookupError):  # it went with its parent
                    os.kill(pid, signal.SIGKILL)
        assert len(outcomes) == 5 and set(outcomes) <= {"exception", "unavailable", "cancelled"}, outcomes
        assert time.monotonic() - began < 15, "nobody waits for a process that is gone"
        with anyio.fail_after(20):
            while True:
                try:
                    assert await llm.call("work__add", a=20, b=22) == {"result": 42}
                    break
                except Refused as refused:
                    assert refused.kind == "unavailable", refused
                    await anyio.sleep(0.1)
        assert await llm.call("work__slow", seconds=0) == {"result": "done"}


async def test_sigterm_during_a_running_call_ends_within_five_seconds(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="work")
        await llm.publish(box, "work", "slow", SLOW)
        await llm.call("mcpbox_start_server", server_id="work")
        await llm.call("work__slow", seconds=0)
    outcomes: dict[float, str] = {}
    waiting: list[float] = []

    async def call(seconds: float) -> None:
        try:
            async with connect(box.mcp_url) as llm:
                await llm.call("work__slow", seconds=0)  # the client reads the tool's schemas once
                waiting.append(seconds)
                try:
                    outcomes[seconds] = (await llm.call("work__slow", seconds=seconds))["result"]
                except Refused as refused:
                    outcomes[seconds] = refused.kind
        except* Exception:  # noqa: BLE001 (leaving a server that is gone)
            pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, 1.5)
        tasks.start_soon(call, 20)
        while len(waiting) < 2:
            await anyio.sleep(0.01)
        await anyio.sleep(0.5)
        assert await anyio.to_thread.run_sync(box.stop) < 5
    assert outcomes[1.5] == "done", f"a call that ends soon may finish: {outcomes}"
    assert outcomes.get(20, "cancelled") == "cancelled", outcomes

    box.start()
    async with connect(box.mcp_url) as llm:
        runs = await llm.runs("work__slow", 5)
        ended = [(run["failure"] or {}).get("kind", "done") for run in runs]
        assert sorted(ended) == ["cancelled", "done", "done", "done", "done"], "the interrupted call is on record"
