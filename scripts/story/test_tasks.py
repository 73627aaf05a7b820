"""Long calls as tasks: a client need not wait, asks later, and learns what came of its call whatever became of the server meanwhile. No
client library at hand asks for tasks, so this asks by hand."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from box import Box
from llm import MODERN_VERSION, Llm, connect
from mcp_http import answer
from test_replicas import Team, team  # noqa: F401 (a fixture)
from test_storage import postgres_url  # noqa: F401 (a fixture)

pytestmark = pytest.mark.anyio

SLOW = """
import asyncio

async def main(seconds: float) -> str:
    '''Takes a while.'''
    for step in range(20):
        await ctx.progress(step, 20, 'working on it')
        await asyncio.sleep(seconds / 20)
    return 'done'
"""
# Calls that take longer become tasks.
AFTER = {"MCPBOX_TASK_AFTER": "0.5"}
# How long a server of a team may take to notice that another is gone, and this machine to be busy.
SILENT_S = 45.0


@pytest.fixture
def box(fresh: Box) -> Box:
    fresh.env |= AFTER
    fresh.start()
    fresh.create_admin()

    async def prepare() -> None:
        async with connect(fresh.mcp_url) as llm:
            await publish(llm, fresh)

    anyio.run(prepare)
    return fresh


async def publish(llm: Llm, box: Box) -> None:
    await llm.call("mcpbox_create_server", name="slow")
    await llm.call("mcpbox_start_server", server_id="slow")
    await llm.publish(box, "slow", "work", SLOW)


def ask(url: str, method: str, **params: Any) -> dict[str, Any]:
    """The answer to a request of a client of the newer era that understands tasks."""
    return post(url, {"MCP-Protocol-Version": MODERN_VERSION}, method, params)[0]


class Older:
    """A client of the older era, with its session where the server keeps one."""

    def __init__(self, url: str) -> None:
        self.url, self.headers = url, {"MCP-Protocol-Version": "2025-11-25"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "story", "version": "1"}}
        told, session = post(url, {}, "initialize", hello)
        assert "call" in told["result"]["capabilities"]["tasks"]["requests"]["tools"], told
        if session:
            self.headers["Mcp-Session-Id"] = session

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return post(self.url, self.headers, method, params)[0]["result"]


def post(url: str, headers: dict[str, str], method: str, params: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The answer to a message, and the session that came with it."""
    headers = headers | {"Content-Type": "application/json"}
    if headers.get("MCP-Protocol-Version") == MODERN_VERSION:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": "story", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}},
        }
        headers |= {"MCP-Method": method, "MCP-Name": params.get("name") or params.get("taskId", "")}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        connection.request("POST", urlsplit(url).path, json.dumps(message), headers)
        response = connection.getresponse()
        text = response.read().decode()
        return json.loads(text) if text.startswith("{") else answer(text), response.headers.get("Mcp-Session-Id")
    finally:
        connection.close()


def begin(url: str, seconds: float) -> str:
    """A task that runs; its name."""
    made = ask(url, "tools/call", name="slow__work", arguments={"seconds": seconds})["result"]
    assert made["resultType"] == "task" and made["status"] == "working", made
    return made["taskId"]


async def until(url: str, task: str, is_so: Callable[[dict[str, Any]], bool], limit: float = 20) -> dict[str, Any]:
    with anyio.fail_after(limit):
        while True:
            told = await anyio.to_thread.run_sync(lambda: ask(url, "tasks/get", taskId=task))
            if is_so(told.get("result", told)):
                return told.get("result", told)
            await anyio.sleep(0.1)


async def test_progress_result_and_cancellation_show_while_nobody_waits(box: Box) -> None:
    task = begin(box.mcp_url, 4)
    told = await until(box.mcp_url, task, lambda task: "statusMessage" in task)
    assert told["statusMessage"].endswith("/20: working on it") and told["pollIntervalMs"] == 2_000, told
    told = await until(box.mcp_url, task, lambda task: task["status"] != "working")
    assert told["status"] == "completed" and told["result"]["structuredContent"] == {"result": "done"}, told

    other = begin(box.mcp_url, 25)
    assert ask(box.mcp_url, "tasks/cancel", taskId=other)["result"] == {"resultType": "complete"}
    told = await until(box.mcp_url, other, lambda task: task["status"] != "working")
    assert told["status"] == "cancelled", told
    async with connect(box.mcp_url) as llm:
        runs = await llm.runs("slow__work", 2)
        assert {(run["failure"] or {}).get("kind") for run in runs} == {None, "cancelled"}, runs
        assert min(run["duration_ms"] for run in runs) < 15_000, "the run ended with its task"


async def test_what_a_server_ran_when_it_was_killed_has_failed_and_what_ended_before_is_there(box: Box) -> None:
    ended, working = begin(box.mcp_url, 1), begin(box.mcp_url, 25)
    await until(box.mcp_url, ended, lambda task: task["status"] == "completed")
    box.kill()
    box.start()
    lost = ask(box.mcp_url, "tasks/get", taskId=working)["result"]
    assert lost["status"] == "failed" and lost["error"]["code"] == -32603, lost
    assert "The server that ran it ended" in lost["statusMessage"] and "call the tool again" in lost["error"]["message"], lost
    there = ask(box.mcp_url, "tasks/get", taskId=ended)["result"]
    assert there["result"]["structuredContent"] == {"result": "done"}, there


async def test_a_task_is_forgotten_when_its_time_is_over(box: Box) -> None:
    older = Older(box.mcp_url)
    made = older.ask("tools/call", name="slow__work", arguments={"seconds": 1}, task={"ttl": 1_000})["task"]
    assert (made["status"], made["ttl"]) == ("working", 1_000), made
    assert older.ask("tasks/result", taskId=made["taskId"])["content"][0]["text"] == "done"
    # It is kept for 30 s after its end, whatever was wished.
    assert older.ask("tasks/get", taskId=made["taskId"])["status"] == "completed"
    told = await until(box.mcp_url, made["taskId"], lambda told: "error" in told and "code" in told["error"], 60)
    assert told["error"]["code"] == -32602 and "its time is over" in told["error"]["message"], told


@pytest.fixture
def quick_team(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Team:
    for name, value in AFTER.items():
        monkeypatch.setitem(os.environ, name, value)
    return request.getfixturevalue("team")


async def test_any_gateway_answers_for_the_tasks_of_all(quick_team: Team) -> None:
    first, second = quick_team.gateways
    async with connect(first.mcp_url) as llm:
        await publish(llm, quick_team.admin)
    task = begin(first.mcp_url, 25)
    assert ask(second.mcp_url, "tasks/get", taskId=task)["result"]["status"] == "working"
    began = time.monotonic()
    ask(second.mcp_url, "tasks/cancel", taskId=task)
    async with connect(second.mcp_url) as llm:
        (run,) = await llm.runs("slow__work", 1)
    assert run["failure"]["kind"] == "cancelled" and time.monotonic() - began < 15, run

    call = {"name": "slow__work", "arguments": {"seconds": 1}, "task": {"ttl": 60_000}}
    made = Older(first.mcp_url).ask("tools/call", **call)["task"]
    result = Older(second.mcp_url).ask("tasks/result", taskId=made["taskId"])
    assert result["structuredContent"] == {"result": "done"}, result

    lost = begin(first.mcp_url, 25)
    first.kill()
    told = await until(second.mcp_url, lost, lambda task: task["status"] != "working", SILENT_S)
    assert told["status"] == "failed" and "The server that ran it ended" in told["statusMessage"], told
