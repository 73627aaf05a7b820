"""`ctx.elicit`: a question to the user of the client. The supervisor decides whether it may be put, shows it and checks the answer;
here a short way to write a form becomes a schema, and the answer an object. Loaded by the first question."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

import channel
import failures
import results

# Largest question, bytes of JSON. The supervisor ends a process that sends more.
_QUESTION_MAX = 60_000
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}
_NONE = type(None)


class Answer:
    """What the user did: `action` is "accept", "decline" or "cancel"; `content` holds the fields of an accepted form."""

    def __init__(self, action: str, content: dict[str, Any]) -> None:
        self.action = action
        self.content = content

    @property
    def accepted(self) -> bool:
        return self.action == "accept"

    def __bool__(self) -> bool:
        return self.accepted

    def __getitem__(self, field: str) -> Any:
        if not self.accepted:
            raise KeyError(f"{field}: the user chose {self.action}, so there are no fields; look at answer.accepted first")
        return self.content[field]

    def get(self, field: str, default: Any = None) -> Any:
        return self.content.get(field, default)

    def __repr__(self) -> str:
        return f"Answer(action={self.action!r}, content={self.content!r})"


async def ask(calls: channel.Channel, message: str, schema: Any, key: str | None) -> Answer:
    question: dict[str, Any] = {"message": message}
    if schema is not None:
        question["schema"] = form(schema)
    if key is not None:
        question["key"] = key
    try:
        body = results.plain_json(question, _QUESTION_MAX)
    except results.TooLarge:
        raise failures.ElicitError({"kind": "invalid_arguments", "message": "the question is too large"}) from None
    header, value = await calls.ask_async({"type": "ask"}, body)
    if "failure" in header:
        failure = header["failure"]
        raise (failures.CannotAsk if failure["kind"] == "cannot_ask" else failures.ElicitError)(failure)
    answer = channel.decode(value)
    return Answer(answer["action"], answer.get("content", {}))


def form(schema: Any) -> Any:
    """A JSON schema as it is; of `{"field": str, "size": ["small", "large"]}` the schema, all fields required that may not be None."""
    if not isinstance(schema, dict):
        raise TypeError("the form of ctx.elicit is a dict: {\"field\": str, \"size\": [\"small\", \"large\"]} or a flat JSON schema")
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        return schema
    properties, required = {}, []
    for name, kind in schema.items():
        properties[name], is_required = _field(name, kind)
        if is_required:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


def _field(name: str, kind: Any) -> tuple[Any, bool]:
    if isinstance(kind, dict):
        return kind, "default" not in kind
    if isinstance(kind, (list, tuple)):
        return {"type": "string", "enum": list(kind)}, True
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType) and len(args) == 2 and _NONE in args:
        return _field(name, args[0] if args[1] is _NONE else args[1])[0], False
    if origin is typing.Annotated:
        field, is_required = _field(name, args[0])
        return {**field, "description": str(args[1])}, is_required
    if origin is list and args:
        return {"type": "array", "items": _field(name, args[0])[0]}, True
    choices = _choices(kind, origin, args)
    if choices is not None:
        return {"type": "string", "enum": choices}, True
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}, True
    raise TypeError(f"ctx.elicit cannot ask for {name}: {kind!r}; use str, int, float, bool, a list of choices, or a JSON schema of it")


def _choices(kind: Any, origin: Any, args: tuple[Any, ...]) -> list[Any] | None:
    if origin is typing.Literal:
        return list(args)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [member.value for member in kind]
    return None
