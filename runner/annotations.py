"""Annotations that are text are evaluated by `typing.get_type_hints` as code, and text can be put together where no analysis sees
it. So before that they must read like types: names, subscripts, unions. A fence of the language, like the analysis."""

import ast
import re
from typing import Any

from parameters import InvalidArgument

_REACHES_IN = re.compile(r"__|\b(?:gi|cr|ag|tb|co)_\w|\bf_(?:back|builtins|code|generator|globals|locals|trace)\b|\b(?:attrgetter|methodcaller)\b")


def check(owner: Any) -> None:
    """Refuses when an annotation of this function or class is text that is more than a type."""
    for one in owner.__mro__ if isinstance(owner, type) else (owner,):
        for annotation in getattr(one, "__annotations__", {}).values():
            _check(annotation)


def _check(annotation: Any) -> None:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__forward_arg__", None)
    if isinstance(text, str):
        _check_text(text)
    for part in getattr(annotation, "__args__", ()):
        _check(part)


def _check_text(text: str) -> None:
    try:
        is_type = not _REACHES_IN.search(text) and _is_type(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        is_type = False
    if not is_type:
        raise InvalidArgument(f"the annotation {text[:100]!r} is not a type")


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            _check_text(node.value)
        return True
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_is_type, node.elts))
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitOr) and _is_type(node.left) and _is_type(node.right)
    if isinstance(node, ast.Attribute):
        return _is_type(node.value)
    if isinstance(node, ast.Subscript):
        return _is_generic(node)
    return isinstance(node, ast.Name)


def _is_generic(node: ast.Subscript) -> bool:
    name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
    if name == "Literal":
        return True  # values, not types
    if name == "Annotated" and isinstance(node.slice, ast.Tuple):
        return _is_type(node.slice.elts[0])  # what follows is kept, not evaluated again
    return _is_type(node.value) and _is_type(node.slice)
