"""What `main` returned → JSON. The size is counted while the value is walked, so that a huge result is refused before it is
encoded, and the depth is bounded so that neither side overflows its stack."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import content

DEPTH_MAX = 100
# Made before the fork: making one per call touches pages shared with the zygote.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1


class TooLarge(Exception):
    """The result is over its cap."""


class NotJson(TypeError):
    """The result has no form in JSON."""


def encode(value: object, cap: int) -> bytes:
    value, blocks = content.split(value)
    walk = _Walk(cap)
    body = {"value": walk.plain(value, 0), "content": [walk.plain(dict(block), 0) for block in blocks]}
    data = _ENCODER.encode(body).encode("utf-8", "replace")
    if len(data) > cap + 64:
        raise TooLarge(cap)
    return data


class _Walk:
    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.left = cap

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooLarge(self.cap)

    def plain(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            self._spend(len(value) + 2)
            return value
        if value is None or kind is bool:
            self._spend(4)
            return value
        if kind is int:
            return self._int(value)
        if kind is float:
            return self._float(value)
        if depth >= DEPTH_MAX:
            raise NotJson(f"the result is nested more than {DEPTH_MAX} levels deep (or contains itself)")
        if kind is dict:
            return self._dict(value, depth)
        if kind is list or kind is tuple:
            return self._list(value, depth)
        return self._other(value, depth)

    def _int(self, value: int) -> int:
        if not _INT_MIN <= value <= _INT_MAX:
            raise NotJson("the result contains an integer of more than 64 bits; return it as str(...)")
        self._spend(2)
        return int(value)

    def _float(self, value: float) -> float:
        if not math.isfinite(value):
            raise NotJson(f"the result contains {value}, which JSON cannot express; return None or a string instead")
        self._spend(3)
        return float(value)

    def _dict(self, value: Mapping, depth: int) -> dict:
        self._spend(2)
        result = {}
        for key, item in value.items():
            name = self._key(key)
            self._spend(len(name) + 4)
            result[name] = self.plain(item, depth + 1)
        return result

    def _key(self, key: Any) -> str:
        if isinstance(key, enum.Enum):
            key = key.value
        if type(key) is str:
            return key
        if key is None or isinstance(key, (bool, int, float)):
            return json.dumps(key)
        if isinstance(key, (str, datetime.date, datetime.time, decimal.Decimal)) or type(key).__name__ == "UUID":
            return str(key)
        raise NotJson(f"a dict in the result has a key of type {type(key).__name__}; JSON keys are strings")

    def _list(self, value: Iterable, depth: int) -> list:
        self._spend(2)
        result = []
        for item in value:
            self._spend(1)
            result.append(self.plain(item, depth + 1))
        return result

    def _other(self, value: Any, depth: int) -> Any:
        """Everything that is not a JSON type itself."""
        if isinstance(value, enum.Enum):
            return self.plain(value.value, depth + 1)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._dict({field.name: getattr(value, field.name) for field in dataclasses.fields(value)}, depth)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return self._dict(dict(zip(value._fields, value)), depth)
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            return self.plain(value.isoformat(), depth)
        if isinstance(value, datetime.timedelta):
            return self._float(value.total_seconds())
        if isinstance(value, decimal.Decimal) or type(value).__name__ in ("UUID", "Fraction", "PosixPath"):
            return self.plain(str(value), depth)
        if isinstance(value, (bytes, bytearray, memoryview)):
            raise NotJson("the result contains bytes; return base64 text, or content.image(...) / content.audio(...)")
        if isinstance(value, str):
            return self.plain(str.__str__(value), depth)
        if isinstance(value, int):
            return self._int(int(value))
        if isinstance(value, float):
            return self._float(float(value))
        return self._container(value, depth)

    def _container(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            return self._dict(value, depth)
        if callable(getattr(value, "model_dump", None)):
            return self.plain(value.model_dump(mode="json"), depth + 1)
        if isinstance(value, (set, frozenset)):
            return self._list(_sorted(value), depth)
        if isinstance(value, (list, tuple, range, Iterator)) or type(value).__name__ in ("deque", "dict_keys", "dict_values"):
            return self._list(value, depth)
        raise NotJson(f"the result contains a {type(value).__name__}, which has no form in JSON; return dict, list, str, int, float, bool or None")


def _sorted(value: Iterable) -> list:
    """Sets in a stable order, when their items have one."""
    try:
        return sorted(value)
    except TypeError:
        return list(value)
