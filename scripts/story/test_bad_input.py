"""Input that is broken, too large or hostile: a clear answer each time, and everything else goes on."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from box import Box
from llm import ERAS, Llm, connect

pytestmark = pytest.mark.anyio

ADD = "def main(a: int, b: int) -> int:\n    return a + b\n"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def post(box: Box, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    url = urlsplit(box.mcp_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
    try:
        connection.request("POST", url.path, body, HEADERS | (headers or {}))
        response = connection.getresponse()
        text = response.read()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, text.decode(errors="replace")
    finally:
        connection.close()


async def published(llm: Llm, box: Box, server: str, tools: dict[str, str], policy: str = "strict") -> None:
    """A running server with these live tools."""
    await llm.call("mcpbox_create_server", name=server)
    if policy != "strict":
        box.as_admin("server", "set", server, "--code-policy", policy)
    for name, code in tools.items():
        await llm.publish(box, server, name, code)
    await llm.call("mcpbox_start_server", server_id=server)


async def still_serves(llm: Llm, name: str) -> None:
    assert await llm.call(name, a=20, b=22) == {"result": 42}


# What arrives over the wire


def test_broken_json_is_a_json_rpc_parse_error(shared: Box) -> None:
    for body in (b"{", b"", b"\xff\xfe", b'{"jsonrpc": "2.0", "id": 1, "method": ', b"[" * 20_000):
        status, answer = post(shared, body)
        assert status == 400 and answer["error"]["code"] == -32700, (body[:40], status, answer)


def test_json_that_is_no_request_is_refused(shared: Box) -> None:
    for body in (b"3", b'"x"', b"{}", b"[]", b'{"jsonrpc": "2.0", "id": 1}', b'{"jsonrpc": "1.0", "id": 1, "method": 7}'):
        status, answer = post(shared, body)
        assert status == 400 and answer["error"]["code"] in (-32600, -32700), (body, status, answer)


def test_a_body_of_ten_megabytes_is_refused_and_the_server_goes_on(shared: Box) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "y" * 10_000_000}}).encode()
    try:
        status, answer = post(shared, body)
        assert status == 413, (status, answer)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may hang up before it was sent all
    assert post(shared, b"{")[0] == 400


async def test_wrong_types_are_named_with_their_field(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await published(llm, shared, "types", {"add": ADD})
        cases: list[tuple[str, dict[str, Any], str]] = [
            ("mcpbox_create_server", {"name": 7}, "name"),
            ("mcpbox_create_server", {}, "name"),
            ("mcpbox_create_server", {"name": "Bad Name"}, "name"),
            ("mcpbox_list_servers", {"page": "first"}, "page"),
            ("mcpbox_call_tool", {"name": "types__add", "arguments": "a=1"}, "arguments"),
            ("types__add", {"a": "1", "b": 2}, "a"),
            ("types__add", {"a": 1}, "b"),
            ("types__add", {"a": 1, "b": 2, "zzz": 3}, "zzz"),
        ]
        for tool, arguments, field in cases:
            refused = await llm.refused(tool, **arguments)
            assert refused.kind == "invalid_arguments" and field in str(refused.answer), (tool, arguments, refused.answer)
        await still_serves(llm, "types__add")


@pytest.mark.parametrize("era", ERAS)
async def test_an_unknown_tool_is_answered_with_the_nearest_names(shared: Box, era: str) -> None:
    from mcp import MCPError

    async with connect(shared.mcp_url, era) as llm:
        server = f"near_{era}"
        await published(llm, shared, server, {"add": ADD})
        with pytest.raises(MCPError) as unknown:
            await llm.call(f"{server}__ad", a=1, b=2)
        assert unknown.value.error.code == -32602, unknown.value
        assert f"{server}__add" in str(unknown.value.error), unknown.value.error
        refused = await llm.refused("mcpbox_call_tool", name=f"{server}__ad", arguments={})
        assert refused.kind == "not_found" and f"{server}__add" in str(refused.answer), refused


# What authors send


async def test_code_over_100_kilobytes_is_refused_and_just_under_is_not(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="large")
        refused = await llm.refused("mcpbox_create_tool", server_id="large", name="big", python_code=ADD + "#" * 200_000)
        assert refused.kind == "invalid_arguments" and str(100 * 1024) in refused.answer["message"], refused
        page = await llm.call("mcpbox_list_tools", server_id="large")
        assert page["total"] == 0, "nothing is half-written"
        await llm.call("mcpbox_create_tool", server_id="large", name="big", python_code=ADD + "#" * (100 * 1024 - len(ADD)))


async def test_code_that_does_not_parse_names_line_and_text(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="syntax")
        code = "def main() -> int:\n    retrun 1\n"
        refused = await llm.refused("mcpbox_create_tool", server_id="syntax", name="typo", python_code=code)
        assert (refused.kind, refused.answer["line"]) == ("syntax", 2), refused
        assert "retrun" in refused.answer["snippet"], refused


async def test_a_name_that_is_taken_is_a_conflict_and_nothing_is_half_written(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="taken")
        assert (await llm.refused("mcpbox_create_server", name="taken")).kind == "conflict"
        await llm.call("mcpbox_create_tool", server_id="taken", name="add", python_code=ADD)
        refused = await llm.refused("mcpbox_create_tool", server_id="taken", name="add", python_code=ADD)
        assert refused.kind == "conflict" and "taken__add" in str(refused.answer), refused
        assert (await llm.call("mcpbox_list_tools", server_id="taken"))["total"] == 1
        versions = await llm.call("mcpbox_list_tool_versions", tool_id="taken__add")
        assert [item["version"] for item in versions["versions"]] == [1], versions


async def test_deleting_a_running_server_withdraws_its_tools_at_once(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await published(llm, shared, "doomed", {"add": ADD})
        await still_serves(llm, "doomed__add")
        gone = await llm.call("mcpbox_delete_server", server_id="doomed")
        assert gone["withdrawn"] == ["doomed__add"], gone
        assert "doomed__add" not in await llm.tool_names()
        assert (await llm.refused("mcpbox_call_tool", name="doomed__add", arguments={"a": 1, "b": 2})).kind == "not_found"


async def test_the_same_tool_name_on_two_servers_keeps_apart(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await published(llm, shared, "left", {"twin": "def main() -> str:\n    return 'left'\n"})
        await published(llm, shared, "right", {"twin": "def main() -> str:\n    return 'right'\n"})
        for _ in range(2):
            assert await llm.call("left__twin") == {"result": "left"}
        assert await llm.call("right__twin") == {"result": "right"}
        assert (await llm.refused("mcpbox_call_tool", name="twin", arguments={})).kind == "conflict"
        for server, runs in (("left", 2), ("right", 1)):
            logged = await llm.runs(f"{server}__twin", runs)
            assert [run["result"] for run in logged] == [server] * runs, logged


# Tools that misbehave

HOSTILE = {
    "loop": "def main() -> int:\n    while True:\n        pass\n",
    "sleep": "import asyncio\nasync def main() -> int:\n    await asyncio.sleep(3600)\n    return 1\n",
    "huge": "def main() -> str:\n    return 'x' * 300_000_000\n",
    "chatty": "def main() -> int:\n    while True:\n        print('x' * 1000)\n",
    "leave": "def main() -> int:\n    raise SystemExit(3)\n",
    "crash": "import ctypes\ndef main() -> int:\n    ctypes.string_at(0)\n    return 1\n",
    "hard_exit": "import os\ndef main() -> int:\n    os._exit(7)\n",
    "bomb": "def main() -> int:\n    return len([bytearray(1 << 20) for _ in range(4096)])\n",
}
EXPECTED = {
    "loop": {"timeout", "cpu"},
    "sleep": {"timeout"},
    "huge": {"output_too_large", "memory"},
    "chatty": {"timeout", "cpu"},
    "leave": {"exception"},
    "crash": {"exception"},
    "hard_exit": {"exception"},
    "bomb": {"memory"},
}
TIMEOUT_MS = 2_000


@pytest.fixture(scope="module")
async def hostile(shared: Box) -> Box:
    """A server whose tools misbehave, under ordinary Python, with a short time limit."""
    async with connect(shared.mcp_url) as llm:
        await published(llm, shared, "hostile", HOSTILE | {"add": ADD}, policy="standard")
    shared.as_admin("server", "set", "hostile", "--timeout-ms", str(TIMEOUT_MS))
    return shared


@pytest.mark.parametrize("name", sorted(HOSTILE))
async def test_a_misbehaving_tool_is_a_typed_error_and_the_next_call_works(hostile: Box, name: str) -> None:
    async with connect(hostile.mcp_url) as llm:
        began = time.monotonic()
        refused = await llm.refused(f"hostile__{name}")
        took = time.monotonic() - began
        assert refused.kind in EXPECTED[name], refused
        assert refused.answer["message"], refused
        assert took < TIMEOUT_MS / 1000 + 3, took
        await still_serves(llm, "hostile__add")
        run = (await llm.runs(f"hostile__{name}", 1))[0]
        assert run["failure"]["kind"] == refused.kind, run
        assert len(run["stdout"]) <= 70_000, "the log keeps a bounded part of what was printed"


async def test_twenty_calls_beside_a_looping_tool_are_unaffected(hostile: Box) -> None:
    async with connect(hostile.mcp_url) as looping, connect(hostile.mcp_url) as llm:
        await still_serves(llm, "hostile__add")
        took: list[float] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(looping.refused, "hostile__loop")
            tasks.start_soon(looping.refused, "hostile__sleep")
            for _ in range(20):
                began = time.monotonic()
                await still_serves(llm, "hostile__add")
                took.append(time.monotonic() - began)
        assert sorted(took)[10] < 0.25 and max(took) < TIMEOUT_MS / 1000, took


async def test_a_client_that_goes_away_ends_its_call(hostile: Box) -> None:
    async with connect(hostile.mcp_url) as llm:
        with anyio.CancelScope() as scope:
            async with connect(hostile.mcp_url) as leaving:
                scope.deadline = anyio.current_time() + 0.5  # connecting takes as long as it takes
                await leaving.call("hostile__sleep")
        with anyio.fail_after(10):
            while True:
                if "cancelled" in [run["failure"]["kind"] for run in await llm.runs("hostile__sleep", 0)]:
                    break
                await anyio.sleep(0.05)


# Many


async def test_five_hundred_tools_on_one_server_are_all_published(box: Box) -> None:
    box.allow_many_requests()
    names = [f"add_{number:03}" for number in range(500)]
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="many")
        for name in names:
            await llm.call("mcpbox_create_tool", server_id="many", name=name, python_code=ADD)
            await llm.call("mcpbox_request_publish", tool_id=f"many__{name}")
        box.approve_all()
        started = await llm.call("mcpbox_start_server", server_id="many")
        assert len(started["published"]) == 500
        listed = set(await llm.tool_names())
        assert {f"many__{name}" for name in names} <= listed, len(listed)
        await still_serves(llm, "many__add_499")
        await still_serves(llm, "add_250")
