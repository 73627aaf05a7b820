"""An LLM client's view of MCPbox: the official Python SDK, and answers as plain data."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

ERAS = ("modern", "legacy")
MODERN_VERSION = "2026-07-28"


class Refused(Exception):
    """A result with `isError`."""

    def __init__(self, kind: str, answer: dict[str, Any]) -> None:
        super().__init__(f"{kind}: {json.dumps(answer)[:2000]}")
        self.kind = kind
        self.answer = answer


class Llm:
    """A connected client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, tool: str, /, **arguments: Any) -> Any:
        """The structured content of a call; `Refused` when the result is an error."""
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(block.text for block in result.content if block.type == "text")
        if result.is_error:
            answer = result.structured_content or {"message": text}
            raise Refused(answer.get("kind", "unknown"), answer)
        assert text, "a result always comes as text too"
        return result.structured_content

    async def refused(self, tool: str, /, **arguments: Any) -> Refused:
        """The refusal of a call that must fail."""
        try:
            answer = await self.call(tool, **arguments)
        except Refused as refused:
            return refused
        raise AssertionError(f"{tool} was not refused: {answer}")

    async def tool_names(self) -> list[str]:
        names, cursor = [], None
        while True:
            page = await self.client.list_tools(cursor=cursor, cache_mode="bypass")
            names += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if not cursor:
                return names

    async def runs(self, tool: str, count: int, profile: str = "live") -> list[dict[str, Any]]:
        """The newest `count` runs of a tool; records are written in batches, at most a moment late."""
        with anyio.fail_after(5):
            while True:
                logs = await self.call("mcpbox_get_tool_logs", tool_id=tool, limit=50)
                runs = [run for run in logs["runs"] if run["profile"] == profile]
                if len(runs) >= count:
                    return runs
                await anyio.sleep(0.01)

    async def publish(self, box: Any, server: str, name: str, code: str) -> str:
        """Makes a tool live: create, request, approve by the command line. Returns `server__tool`."""
        await self.call("mcpbox_create_tool", server_id=server, name=name, python_code=code)
        full = f"{server}__{name}"
        await self.call("mcpbox_request_publish", tool_id=full)
        box.approve(full)
        return full


@asynccontextmanager
async def connect(url: str, era: str = "modern") -> AsyncIterator[Llm]:
    """A client over HTTP that speaks `era`."""
    async with Client(url, mode="legacy" if era == "legacy" else "auto") as client:
        assert (client.protocol_version == MODERN_VERSION) == (era == "modern"), client.protocol_version
        yield Llm(client)


@asynccontextmanager
async def connect_program(command: str, arguments: list[str], env: dict[str, str], era: str = "modern") -> AsyncIterator[Llm]:
    """A client that starts a program and speaks over its standard streams."""
    parameters = StdioServerParameters(command=command, args=arguments, env=env)
    async with Client(stdio_client(parameters), mode="legacy" if era == "legacy" else "auto") as client:
        assert (client.protocol_version == MODERN_VERSION) == (era == "modern"), client.protocol_version
        yield Llm(client)
