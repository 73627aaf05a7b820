"""What prompts and resources return → what MCP sends of them. Loaded by the first run of one."""

from __future__ import annotations

import binascii
from typing import Any

import content
import results

_HOW_MESSAGES = 'return text, or a list of {"role": "user" or "assistant", "content": text or content.image(...)}'
_JSON = "application/json"


def shape(kind: str, value: Any, cap: int) -> Any:
    """The messages of a prompt, or the contents of a resource."""
    return messages(value) if kind == "prompt" else contents(value, cap)


def messages(value: Any) -> list[dict[str, Any]]:
    """Text is what the user says; a list is taken message by message."""
    several = value if isinstance(value, (list, tuple)) else [value]
    return [_message(one) for one in several]


def _message(one: Any) -> dict[str, Any]:
    if isinstance(one, (str, content.Block)):
        one = {"role": "user", "content": one}
    if not isinstance(one, dict) or set(one) != {"role", "content"}:
        raise results.NotJson(f"a prompt returned a {type(one).__name__} that is no message; {_HOW_MESSAGES}")
    if one["role"] not in ("user", "assistant"):
        raise results.NotJson(f"a prompt returned a message of the role {str(one['role'])[:40]!r}; {_HOW_MESSAGES}")
    inside = one["content"]
    if isinstance(inside, str):
        inside = content.text(inside)
    if not isinstance(inside, dict) or not isinstance(inside.get("type"), str):
        raise results.NotJson(f"a prompt returned a message whose content is a {type(inside).__name__}; {_HOW_MESSAGES}")
    return {"role": one["role"], "content": dict(inside)}


def contents(value: Any, cap: int) -> dict[str, Any]:
    """Text as it is, bytes as base64, anything else as JSON. The MIME type is what is sent when the author says none."""
    if isinstance(value, content.Block):
        return _block(value)
    if isinstance(value, str):
        return {"text": value, "mimeType": "text/plain"}
    if isinstance(value, (bytes, bytearray, memoryview)):
        if len(value) > cap:
            raise results.TooLarge(cap)
        return {"blob": binascii.b2a_base64(value, newline=False).decode(), "mimeType": "application/octet-stream"}
    return {"text": results.plain_json(value, cap).decode(), "mimeType": _JSON}


def _block(block: content.Block) -> dict[str, Any]:
    inner = block.get("resource", block)
    found: dict[str, Any] = {"mimeType": inner.get("mimeType", "text/plain")}
    if "text" in inner:
        return {**found, "text": inner["text"]}
    data = inner.get("blob", inner.get("data"))
    if data is None:
        raise results.NotJson("a resource returned a link; return what it links to, or offer it from a tool")
    return {**found, "blob": data}
