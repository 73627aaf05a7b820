"""Clients that start a program: `mcpbox stdio` with and without a server, and `mcpbox connect`."""

from __future__ import annotations

import pytest
from box import PROGRAM, Box
from llm import ERAS, connect, connect_program

pytestmark = pytest.mark.anyio

ADD = "def main(a: int, b: int) -> int:\n    return a + b\n"


@pytest.mark.parametrize("era", ERAS)
async def test_connect_bridges_to_a_server_over_http(box: Box, era: str) -> None:
    async with connect_program(str(PROGRAM), ["connect", box.mcp_url], box.env, era) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.publish(box, "maths", "add", ADD)
        await llm.call("mcpbox_start_server", server_id="maths")
        assert "maths__add" in await llm.tool_names()
        assert await llm.call("maths__add", a=20, b=22) == {"result": 42}
    async with connect(box.mcp_url) as llm:
        assert await llm.call("add", a=1, b=2) == {"result": 3}


@pytest.mark.parametrize("era", ERAS)
async def test_stdio_joins_the_server_that_runs(box: Box, era: str) -> None:
    arguments = ["stdio", "--data-dir", str(box.data_dir)]
    async with connect_program(str(PROGRAM), arguments, box.env, era) as llm:
        await llm.call("mcpbox_create_server", name="seen_by_both")
    async with connect(box.mcp_url) as llm:
        assert "seen_by_both" in str(await llm.call("mcpbox_list_servers"))


@pytest.mark.parametrize("era", ERAS)
async def test_stdio_alone_is_a_whole_server_for_as_long_as_its_client_stays(fresh: Box, era: str) -> None:
    fresh.prepare()
    arguments = ["stdio", "--data-dir", str(fresh.data_dir), "--admin-addr", "127.0.0.1:0", "--mcp-addr", "127.0.0.1:0"]
    async with connect_program(str(PROGRAM), arguments, fresh.env, era) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        fresh.create_admin()
        await llm.publish(fresh, "maths", "add", ADD)
        await llm.call("mcpbox_start_server", server_id="maths")
        assert await llm.call("maths__add", a=20, b=22) == {"result": 42}
        assert (fresh.data_dir / "mcpbox.sock").exists()
    assert not (fresh.data_dir / "mcpbox.sock").exists(), "it went with its client"
    fresh.start()
    async with connect(fresh.mcp_url, era) as llm:
        assert await llm.call("maths__add", a=1, b=1) == {"result": 2}


def test_connect_says_what_is_wrong_with_an_address(fresh: Box) -> None:
    for url in ("nonsense", "ftp://127.0.0.1/mcp"):
        message = fresh.cli("connect", url, fails=True).stderr
        assert url in message and message.count("\n") == 1, message
