"""MCP over plain HTTP in the newer era: no session, nothing to reconnect, so that a client can go on over the death of a server."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from llm import MODERN_VERSION, Refused


class Lost(Exception):
    """No answer: what was asked for may have been done, or not."""


def call(url: str, tool: str, timeout: float = 10, **arguments: Any) -> Any:
    """The structured content of a call. `Refused` when the result is an error, `Lost` when there is none."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "torture", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": meta}}
    headers = {
        "Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Connection": "close",
        "MCP-Protocol-Version": MODERN_VERSION, "MCP-Method": "tools/call", "MCP-Name": tool,
    }  # fmt: skip
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request("POST", urlsplit(url).path, json.dumps(message), headers)
        response = connection.getresponse()
        result = answer(response.read().decode())["result"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise Lost(repr(error)) from error
    finally:
        connection.close()
    if result.get("isError"):
        text = "\n".join(block.get("text", "") for block in result["content"])
        told = result.get("structuredContent") or {"message": text}
        raise Refused(told.get("kind", "unknown"), told)
    return result.get("structuredContent")


def answer(text: str) -> dict[str, Any]:
    """The answer in a body: JSON, or the last event of a stream that is one."""
    if text.startswith("{"):
        return json.loads(text)
    events = [json.loads(line.removeprefix("data:")) for line in text.splitlines() if line.startswith("data:") and line.strip() != "data:"]
    return next(event for event in reversed(events) if "result" in event)
