"""What `main` returned → JSON. What JSON has itself is walked here; everything else is in `objects`. The size is counted
while the value is walked, so that a huge result is refused before it is encoded, and the depth is bounded so that neither
side overflows its stack."""

from __future__ import annotations

import json
import math

import content

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from collections.abc import Iterable, Mapping
    from typing import Any

DEPTH_MAX = 100
# Made before the fork: making one per call touches pages shared with the zygote.
_chunks = json.encoder.c_make_encoder(None, None, json.encoder.encode_basestring, None, ":", ",", False, False, False)
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1


class TooLarge(Exception):
    """The result is over its cap."""


class NotJson(TypeError):
    """The result has no form in JSON."""


def encode(value: object, cap: int) -> bytes:
    value, blocks = content.split(value)
    walk = Walk(cap)
    body = {"value": walk.plain(value, 0), "content": [walk.plain(dict(block), 0) for block in blocks]}
    data = "".join(_chunks(body, 0)).encode("utf-8", "replace")
    if len(data) > cap + 64:
        raise TooLarge(cap)
    return data


def plain_json(value: object, cap: int) -> bytes:
    """A value alone, as JSON of at most `cap` bytes."""
    data = "".join(_chunks(Walk(cap).plain(value, 0), 0)).encode("utf-8", "replace")
    if len(data) > cap:
        raise TooLarge(cap)
    return data


class Walk:
    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.left = cap

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooLarge(self.cap)

    def plain(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            self.spend(len(value) + 2)
            return value
        if value is None or kind is bool:
            self.spend(4)
            return value
        if kind is int:
            return self.integer(value)
        if kind is float:
            return self.number(value)
        if depth >= DEPTH_MAX:
            raise NotJson(f"the result is nested more than {DEPTH_MAX} levels deep (or contains itself)")
        if kind is dict:
            return self.mapping(value, depth)
        if kind is list or kind is tuple:
            return self.sequence(value, depth)
        import objects

        return objects.plain(self, value, depth)

    def integer(self, value: int) -> int:
        if not _INT_MIN <= value <= _INT_MAX:
            raise NotJson("the result contains an integer of more than 64 bits; return it as str(...)")
        self.spend(2)
        return int(value)

    def number(self, value: float) -> float:
        if not math.isfinite(value):
            raise NotJson(f"the result contains {value}, which JSON cannot express; return None or a string instead")
        self.spend(3)
        return float(value)

    def mapping(self, value: Mapping, depth: int) -> dict:
        self.spend(2)
        result = {}
        for key, item in value.items():
            name = self._key(key)
            self.spend(len(name) + 4)
            result[name] = self.plain(item, depth + 1)
        return result

    def _key(self, key: Any) -> str:
        if type(key) is str:
            return key
        import objects

        return objects.key(key)

    def sequence(self, value: Iterable, depth: int) -> list:
        self.spend(2)
        result = []
        for item in value:
            self.spend(1)
            result.append(self.plain(item, depth + 1))
        return result
