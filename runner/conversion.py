"""JSON arguments → what the annotations of `main` say: enums, dataclasses, dates and so on, also inside lists, dicts and unions.
What does not fit here is reported as invalid arguments."""

import dataclasses
import datetime
import decimal
import enum
import types
import typing
from typing import Any

import annotations
from parameters import InvalidArgument


def convert(main: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        hints = _hints(main)
    except InvalidArgument:
        raise
    except Exception as error:
        raise InvalidArgument(f"the annotations of main cannot be evaluated: {error}") from None
    return {name: _one(name, hints.get(name), value) for name, value in arguments.items()}


def _hints(owner: Any) -> dict[str, Any]:
    annotations.check(owner)
    return typing.get_type_hints(owner, include_extras=True)


def _one(name: str, hint: Any, value: Any) -> Any:
    try:
        return _value(hint, value)
    except InvalidArgument:
        raise
    except Exception as error:
        raise InvalidArgument(f"argument '{name}': {error}") from None


def _value(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is not None:
        return _generic(hint, origin, typing.get_args(hint), value)
    if not isinstance(hint, type):
        return value
    if issubclass(hint, enum.Enum):
        return _enum(hint, value)
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint, value)
    if typing.is_typeddict(hint):
        hints = _hints(hint)
        return {key: _value(hints.get(key), item) for key, item in value.items()}
    if issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return hint(**value) if isinstance(value, dict) else hint(*value)
    return _scalar(hint, value)


def _scalar(hint: type, value: Any) -> Any:
    if hint in (datetime.datetime, datetime.date, datetime.time):
        return hint.fromisoformat(value) if isinstance(value, str) else value
    if hint is datetime.timedelta:
        return datetime.timedelta(seconds=value)
    if hint is decimal.Decimal:
        return decimal.Decimal(str(value))
    if hint in (set, frozenset, tuple):
        return hint(value)
    if hint is float and type(value) is int:
        return float(value)
    if hint in (int, str, bool, list, dict) and not isinstance(value, hint):
        raise ValueError(f"expected {hint.__name__}, got {type(value).__name__}")
    if hint.__name__ == "UUID" and hint.__module__ == "uuid":
        return hint(value)
    return value


def _enum(hint: type[enum.Enum], value: Any) -> enum.Enum:
    try:
        return hint(value)
    except ValueError:
        if isinstance(value, str) and value in hint.__members__:
            return hint[value]
        raise


def _dataclass(hint: type, value: dict[str, Any]) -> Any:
    hints = _hints(hint)
    return hint(**{key: _value(hints.get(key), item) for key, item in value.items()})


def _generic(hint: Any, origin: Any, args: tuple[Any, ...], value: Any) -> Any:
    if origin is typing.Annotated or origin in (typing.Required, typing.NotRequired):
        return _value(args[0], value)
    if origin is typing.Union or origin is types.UnionType:
        return _union(args, value)
    if origin is typing.Literal or value is None:
        return value
    if origin is dict:
        key, item = args
        return {_value(key, k): _value(item, v) for k, v in value.items()}
    if origin is tuple:
        items = args[:1] * len(value) if len(args) == 2 and args[1] is Ellipsis else args
        return tuple(_value(item, v) for item, v in zip(items, value))
    if isinstance(value, list):
        made = [_value(args[0], item) for item in value]
        return origin(made) if origin in (set, frozenset) else made
    return value


def _union(args: tuple[Any, ...], value: Any) -> Any:
    """The first alternative that takes the value; one whose Python type already fits comes first."""
    if value is None:
        return None
    for hint in args:
        if isinstance(hint, type) and type(value) is hint:
            return value
    problem: Exception | None = None
    for hint in args:
        if hint is type(None):
            continue
        try:
            return _value(hint, value)
        except Exception as error:
            problem = error
    raise problem if problem else ValueError("no alternative fits")
