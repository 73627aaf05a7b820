"""Arguments that JSON already has in the form that the annotations of `main` ask for: the usual case, and the only one that a
call pays for. The rest is in `conversion`. The schema was checked before."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from typing import Any

# Annotations whose JSON form already is the Python form.
_PLAIN = frozenset({int, str, bool, float, list, dict, object, None, type(None)})
_PLAIN_NAMES = frozenset({"int", "str", "bool", "float", "list", "dict", "object", "Any", "None"})


class InvalidArgument(Exception):
    """An argument does not fit its annotation."""


def convert(main: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    annotations = getattr(main, "__annotations__", {})
    if all(_is_plain(annotations.get(name)) for name in arguments):
        return arguments
    import conversion

    return conversion.convert(main, arguments)


def _is_plain(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation in _PLAIN_NAMES
    if annotation is getattr(sys.modules.get("typing"), "Any", _PLAIN):
        return True
    try:
        return annotation in _PLAIN
    except TypeError:
        return False
