"""Tools on sandbox workers: one server, two workers, a real client."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from box import PROGRAM, AdminSession, Box, clean_environment
from lan_host import LanHost
from llm import Llm, Refused, connect
from mcp import Client
from worker import Worker, total

pytestmark = pytest.mark.anyio

STEPS = """
import asyncio
async def main(seconds: float) -> str:
    await ctx.progress(1, 2, "half")
    await asyncio.sleep(seconds)
    return "done"
"""
ADD = "def main(a: int, b: int) -> int:\n    return a + b\n"
FETCH = "async def main() -> int:\n    return (await http.get('{url}/x', headers={{'X-Key': secrets['API_KEY']}})).status_code\n"


def new_key() -> str:
    done = subprocess.run([str(PROGRAM), "key"], env=clean_environment(), capture_output=True, text=True, check=True)
    key = done.stdout.strip()
    assert len(key) == 64 and int(key, 16) > 0
    return key


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[Worker]]:
    key = new_key()
    started = [Worker(tmp_path / f"worker{number}", key).start() for number in range(2)]
    yield started
    for worker in started:
        worker.stop()


@pytest.fixture
def box(fresh: Box, workers: list[Worker]) -> Box:
    """A server that runs nothing itself."""
    fresh.env |= {"MCPBOX_SANDBOX_URL": ",".join(w.url for w in workers), "MCPBOX_SANDBOX_KEY": workers[0].key}
    fresh.start()
    fresh.create_admin()
    return fresh


def metrics(box: Box) -> str:
    with urllib.request.urlopen(f"{box.admin_url}/metrics", timeout=5) as answer:  # noqa: S310 (its own address)
        return answer.read().decode()


def running(workers: list[Worker]) -> float:
    return sum(worker.metric("mcpbox_sandbox_running") for worker in workers if worker.process)


async def until(condition: object, limit_s: float = 10) -> float:
    began = time.monotonic()
    with anyio.fail_after(limit_s):
        while not await anyio.to_thread.run_sync(condition):  # type: ignore[arg-type]
            await anyio.sleep(0.02)
    return time.monotonic() - began


async def test_a_tool_runs_on_a_worker_tells_meanwhile_and_is_ended_with_its_caller(box: Box, workers: list[Worker]) -> None:
    heard: list[str] = []

    async def progressed(done: float, of: float | None, message: str | None) -> None:
        heard.append(f"{done:.0f}/{of:.0f} {message}")

    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="far")
        await llm.publish(box, "far", "steps", STEPS)
        await llm.call("mcpbox_start_server", server_id="far")
    assert not [line for line in box.children().values() if "zygote" in line], "the server itself runs no sandbox"

    async with Client(box.mcp_url) as client:
        await client.list_tools()
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                result = await client.call_tool("far__steps", {"seconds": 1.5}, progress_callback=progressed)
                assert result.structured_content == {"result": "done"}, result
                heard.append("result")

            tasks.start_soon(call)
            await until(lambda: heard)
            assert heard == ["1/2 half"] and running(workers) == 1, "progress comes while it runs"
        assert heard == ["1/2 half", "result"]

        with anyio.move_on_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, "far__steps", {"seconds": 60})
                await until(lambda: running(workers) == 1)
                tasks.cancel_scope.cancel()
        took = await until(lambda: running(workers) == 0)
        assert took < 2, took
    ended = [worker.log.read_text().count("a call begins") for worker in workers]
    assert sum(ended) == 2 and max(ended) == 1, "each worker got one of the two calls"


async def test_a_worker_dies_while_calls_go_on_and_is_used_again_when_it_is_back(box: Box, workers: list[Worker]) -> None:
    dying, other = workers
    done: list[int] = []
    failed: list[Refused] = []
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="far")
        await llm.publish(box, "far", "add", ADD)
        await llm.call("mcpbox_start_server", server_id="far")

        async def burst(until_killed: anyio.Event, lane: int) -> None:
            while not until_killed.is_set():
                try:
                    answer = await llm.call("far__add", a=lane, b=len(done))
                    done.append(answer["result"])
                except Refused as refused:
                    failed.append(refused)

        enough = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for lane in range(4):
                tasks.start_soon(burst, enough, lane)
            await until(lambda: len(done) >= 50)
            assert all(worker.metric("mcpbox_sandbox_calls_total") > 0 for worker in workers), "both were used"
            await anyio.to_thread.run_sync(dying.kill)
            killed_at = len(done)
            await until(lambda: len(done) >= killed_at + 50)
            enough.set()
        assert len(failed) <= 4, "at most the calls that ran there are lost"
        for refused in failed:
            assert refused.kind == "unavailable" and "may or may not have run" in refused.answer["message"], refused
        up = f'mcpbox_worker_up{{worker="{dying.url}"}}'
        assert total(metrics(box), up) == 0
        status = box.cli("doctor", fails=True).stdout
        assert dying.url in status and "FAILS" in status, status

        dying.start()
        assert await until(lambda: total(metrics(box), up) == 1) < 2
        for number in range(6):
            assert await llm.call("far__add", a=number, b=1) == {"result": number + 1}
        assert dying.metric("mcpbox_sandbox_calls_total") > 0, "it is used again"
        assert "ok" in box.cli("doctor").stdout

        await anyio.to_thread.run_sync(dying.kill)
        await anyio.to_thread.run_sync(other.kill)
        await until(lambda: total(metrics(box), "mcpbox_worker_up") == 0)
        nobody = await llm.refused("far__add", a=1, b=1)
        assert nobody.kind == "unavailable" and "did not run" in nobody.answer["hint"], nobody


async def test_secrets_reach_their_host_through_a_worker_and_no_log(box: Box, workers: list[Worker], lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await fetch_with_secret(llm, box, lan_host)
    assert lan_host.keys[-1] == "s3cret-of-the-lan"
    for log in (box.log, *(worker.log for worker in workers)):
        text = log.read_text()
        assert "s3cret-of-the-lan" not in text and workers[0].key not in text, text
    assert any("a call begins" in worker.log.read_text() for worker in workers), "the logs are talkative"


async def fetch_with_secret(llm: Llm, box: Box, host: LanHost) -> None:
    await llm.call("mcpbox_create_server", name="far")
    await llm.call("mcpbox_create_server_secret", server_id="far", key="API_KEY", hosts=[host.rule])
    await llm.call("mcpbox_create_tool", server_id="far", name="fetch", python_code=FETCH.format(url=host.url))
    box.cli(
        "secret", "set", "far", "API_KEY", "--host", host.rule, "--username", "ada", "--password-stdin",
        stdin="correct horse battery staple\ns3cret-of-the-lan",
    )  # fmt: skip
    await llm.call("mcpbox_request_publish", tool_id="far__fetch")
    box.approve("far__fetch")
    await llm.call("mcpbox_start_server", server_id="far")
    assert await llm.call("far__fetch") == {"result": 200}


async def test_a_script_on_a_worker_calls_tools_through_the_server(box: Box, workers: list[Worker]) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="far")
        await llm.call("mcpbox_start_server", server_id="far")
        await llm.publish(box, "far", "add", ADD)
        await llm.publish(box, "far", "steps", STEPS)
        await llm.publish(box, "far", "withdrawn", ADD)
        await llm.call("mcpbox_update_tool", tool_id="far__withdrawn", enabled=False)
        await script_is_authorised_logged_and_silent(llm)
        await script_counts(box)
        await script_is_cancelled(box, llm, workers)
    assert not [line for line in box.children().values() if "zygote" in line], "the server itself runs no sandbox"


async def script_is_authorised_logged_and_silent(llm: Llm) -> None:
    code = """
async def main() -> dict:
    numbers = [await tools.far.add(a=123450, b=n) for n in range(6)]
    try:
        await tools.far.withdrawn(a=1, b=1)
    except ToolError as error:
        return {"largest": max(numbers) - 123450, "kind": error.kind}
"""
    answer = await llm.client.call_tool("mcpbox_run_code", {"code": code})
    assert answer.structured_content == {"largest": 5, "kind": "not_live"}, answer
    assert "12345" not in answer.model_dump_json(), "what was not returned is nowhere in the answer"
    runs = await llm.runs("far__add", 6)
    assert sorted(run["result"] for run in runs) == list(range(123450, 123456)), runs
    assert all(run["actor"] == runs[0]["actor"] for run in runs)


async def script_counts(box: Box) -> None:
    """Whoever ran a script ran its calls: the limit of calls in a script holds on a worker too."""
    code = "async def main() -> int:\n    for n in range(101):\n        await tools.far.add(a=n, b=n)\n    return n\n"
    async with connect(box.mcp_url) as other:
        refused = await other.refused("mcpbox_run_code", code=code)
        assert "100 tool calls" in str(refused.answer), refused
        calls = AdminSession(box.admin_url).send("GET", "/calls/counts?tool=far__add")["total"]
        assert calls <= 106, calls


async def script_is_cancelled(box: Box, llm: Llm, workers: list[Worker]) -> None:
    code = "async def main() -> str:\n    return await tools.far.steps(seconds=60)\n"
    async with Client(box.mcp_url) as client:
        await client.list_tools()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "mcpbox_run_code", {"code": code})
            await until(lambda: running(workers) == 2)
            tasks.cancel_scope.cancel()
    took = await until(lambda: running(workers) == 0)
    assert took < 5, took
    runs = await llm.runs("far__steps", 1)
    assert runs[0]["failure"]["kind"] == "cancelled", runs


async def test_a_wrong_key_is_refused_and_the_operator_reads_what_to_do(fresh: Box, workers: list[Worker]) -> None:
    fresh.env |= {"MCPBOX_SANDBOX_URL": workers[0].url, "MCPBOX_SANDBOX_KEY": new_key()}
    fresh.start()
    fresh.create_admin()
    assert "MCPBOX_SANDBOX_KEY" in fresh.log.read_text()
    report = fresh.cli("doctor", fails=True).stdout
    assert "set MCPBOX_SANDBOX_KEY to the same value here and on the server" in report, report
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{workers[0].url}/status", timeout=5)  # noqa: S310 (its own address)
    assert refused.value.code == 401
