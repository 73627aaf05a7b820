"""Values in a result that JSON has no form for itself: enums, dataclasses, dates, decimals and so on. Loaded by the first call that
returns one, or before the fork where such tools run."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from results import NotJson, Walk


def plain(walk: Walk, value: Any, depth: int) -> Any:
    """The JSON form of a value that is no JSON type itself."""
    if isinstance(value, enum.Enum):
        return walk.plain(value.value, depth + 1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return walk.mapping({field.name: getattr(value, field.name) for field in dataclasses.fields(value)}, depth)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return walk.mapping(dict(zip(value._fields, value)), depth)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return walk.plain(value.isoformat(), depth)
    if isinstance(value, datetime.timedelta):
        return walk.number(value.total_seconds())
    if isinstance(value, decimal.Decimal) or type(value).__name__ in ("UUID", "Fraction", "PosixPath"):
        return walk.plain(str(value), depth)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise NotJson("the result contains bytes; return base64 text, or content.image(...) / content.audio(...)")
    if isinstance(value, str):
        return walk.plain(str.__str__(value), depth)
    if isinstance(value, int):
        return walk.integer(int(value))
    if isinstance(value, float):
        return walk.number(float(value))
    return _container(walk, value, depth)


def _container(walk: Walk, value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return walk.mapping(value, depth)
    if callable(getattr(value, "model_dump", None)):
        return walk.plain(value.model_dump(mode="json"), depth + 1)
    if isinstance(value, (set, frozenset)):
        return walk.sequence(_sorted(value), depth)
    if isinstance(value, (list, tuple, range, Iterator)) or type(value).__name__ in ("deque", "dict_keys", "dict_values"):
        return walk.sequence(value, depth)
    raise NotJson(
        f"the result contains a {type(value).__name__}, which has no form in JSON; return dict, list, str, int, float, bool or None"
    )


def key(value: Any) -> str:
    """A key of an object."""
    if isinstance(value, enum.Enum):
        value = value.value
    if type(value) is str:
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if isinstance(value, (str, datetime.date, datetime.time, decimal.Decimal)) or type(value).__name__ == "UUID":
        return str(value)
    raise NotJson(f"a dict in the result has a key of type {type(value).__name__}; JSON keys are strings")


def _sorted(value: Iterable) -> list:
    """Sets in a stable order, when their items have one."""
    try:
        return sorted(value)
    except TypeError:
        return list(value)
