"""Holds JSON against the request models of an SDK (typed dictionaries): nothing missing, nothing of a wrong type, and nothing that the
model does not know, which a client of that SDK could not even send."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

from typing_extensions import Annotated, Required, get_type_hints, is_typeddict


def problems(model: Any, value: Any, where: str = "body") -> list[str]:
    """What is wrong with `value`; empty when the model takes all of it."""
    origin, inner = get_origin(model), get_args(model)
    if origin in (Required, Annotated):
        return problems(inner[0], value, where)
    if origin in (Union, types.UnionType):
        tried = [problems(choice, value, where) for choice in inner]
        return [] if any(not found for found in tried) else min(tried, key=len)
    if origin is Literal:
        return [] if value in inner else [f"{where} is {value!r}, not one of {inner}"]
    if is_typeddict(model):
        return dictionary(model, value, where)
    if model is Any or model is object:
        return []
    if origin is dict:
        return [] if isinstance(value, dict) else [f"{where} is no object"]
    if origin is not None and len(inner) == 1:  # a list, by whatever name
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [found for at, item in enumerate(value) for found in problems(inner[0], item, f"{where}[{at}]")]
    fits = type(value) is model or (model is float and type(value) is int) or (model is type(None) and value is None)
    return [] if fits else [f"{where} is {value!r}, not {model}"]


def dictionary(model: Any, value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    hints = get_type_hints(model, include_extras=True)
    found = [f"{where}.{key} is missing" for key, hint in hints.items() if get_origin(hint) is Required and key not in value]
    found += [f"{where}.{key} is unknown to the SDK" for key in value if key not in hints]
    return found + [one for key in value.keys() & hints.keys() for one in problems(hints[key], value[key], f"{where}.{key}")]
