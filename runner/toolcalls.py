"""`tools` of a script: `await tools.<server>.<tool>(...)` asks the supervisor to call a published tool. Only scripts of
mcpbox_run_code get it, and only they load this module. Nothing is decided here: what may be called is the supervisor's business."""

from __future__ import annotations

from typing import Any

import channel
import failures
import results

# Largest arguments of one call, bytes of JSON. The supervisor ends a process that sends more.
ARGUMENTS_MAX = 1 << 20


class Tools:
    """All servers: `tools.weather_api`."""

    def __init__(self, calls: channel.Channel) -> None:
        self._channel = calls

    def __getattr__(self, server: str) -> Server:
        return Server(self._channel, server)

    def __repr__(self) -> str:
        return "tools: await tools.<server>.<tool>(argument=value)"


class Server:
    """The tools of one server: `tools.weather_api.get_weather`."""

    def __init__(self, calls: channel.Channel, name: str) -> None:
        self._channel = calls
        self._name = name

    def __getattr__(self, tool: str) -> Tool:
        return Tool(self._channel, f"{self._name}__{tool}")

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"name the tool as well: await tools.<server>.{self._name}(...)")


class Tool:
    """One tool, to be called and awaited."""

    def __init__(self, calls: channel.Channel, name: str) -> None:
        self._channel = calls
        self._name = name

    async def __call__(self, *unnamed: Any, **arguments: Any) -> Any:
        if unnamed:
            raise failures.ToolError(
                {
                    "kind": "invalid_arguments",
                    "message": f"{self._name} was given arguments without names",
                    "hint": "pass each by its name: await tools.server.tool(city='Oslo')",
                }
            )
        body = results.plain_json(arguments, ARGUMENTS_MAX)
        header, value = await self._channel.ask_async({"type": "tool", "name": self._name}, body)
        if "failure" in header:
            raise failures.ToolError(header["failure"])
        return channel.decode(value)
