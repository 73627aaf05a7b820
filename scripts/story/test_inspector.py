"""The Inspector's command line as a client of another make, once in both eras."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from box import Box, clean_environment
from llm import ERAS, connect

pytestmark = pytest.mark.anyio

INSPECTOR = os.environ["MCPBOX_INSPECTOR"]
ADD = "def main(a: int, b: int) -> int:\n    '''Adds.'''\n    return a + b\n"


def inspect(box: Box, era: str, *arguments: str) -> Any:
    command = [INSPECTOR, "--cli", box.mcp_url, "--transport", "http", "--protocol-era", era, "--format", "json", *arguments]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)["result"]


async def test_the_inspector_lists_and_calls_in_both_eras(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.publish(box, "maths", "add", ADD)
        await llm.call("mcpbox_start_server", server_id="maths")
    for era in ERAS:
        listed = inspect(box, era, "--method", "tools/list")
        tools = {tool["name"]: tool for tool in listed["tools"]}
        assert tools["maths__add"]["inputSchema"]["properties"]["a"] == {"type": "integer"}, (era, tools["maths__add"])
        call = ("--method", "tools/call", "--tool-name", "maths__add", "--tool-args-json", '{"a": 2, "b": 40}')
        result = inspect(box, era, *call)
        assert result["structuredContent"] == {"result": 42}, (era, result)
        assert not result.get("isError"), (era, result)
        assert any(block["type"] == "text" and "42" in block["text"] for block in result["content"]), (era, result)
