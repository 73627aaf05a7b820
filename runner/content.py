"""Helpers for results that are not plain JSON: `content.text(...)`, `content.image(...)` and so on, as MCP content blocks."""

import binascii


class Block(dict):
    """An MCP content block."""


def text(value: object) -> Block:
    """A text block."""
    return Block(type="text", text=str(value))


def image(data: bytes | str, mime_type: str = "image/png") -> Block:
    """An image from bytes (or base64 text)."""
    return Block(type="image", data=_base64(data), mimeType=mime_type)


def audio(data: bytes | str, mime_type: str = "audio/wav") -> Block:
    """Sound from bytes (or base64 text)."""
    return Block(type="audio", data=_base64(data), mimeType=mime_type)


def resource_link(uri: str, name: str | None = None, mime_type: str | None = None, description: str | None = None) -> Block:
    """A link to something the client may fetch."""
    block = Block(type="resource_link", uri=str(uri), name=name or str(uri))
    if mime_type is not None:
        block["mimeType"] = mime_type
    if description is not None:
        block["description"] = description
    return block


def resource(uri: str, value: str | bytes, mime_type: str | None = None) -> Block:
    """An embedded resource: text, or bytes as a blob."""
    inner: dict[str, str] = {"uri": str(uri)}
    if mime_type is not None:
        inner["mimeType"] = mime_type
    if isinstance(value, str):
        inner["text"] = value
    else:
        inner["blob"] = _base64(value)
    return Block(type="resource", resource=inner)


def _base64(data: bytes | str) -> str:
    return data if isinstance(data, str) else binascii.b2a_base64(data, newline=False).decode()


def split(value: object) -> tuple[object, list[Block]]:
    """Separates what `main` returned into the JSON value and content blocks. A list with a block in it is all content."""
    if isinstance(value, Block):
        return None, [value]
    if type(value) in (list, tuple) and any(isinstance(item, Block) for item in value):
        return None, [item if isinstance(item, Block) else text(item) for item in value]
    return value, []
