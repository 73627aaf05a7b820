"""The language rules at run time. `strict` takes builtins away and checks every import that tool code issues; `standard` only
notes imports. A second fence and a help for reviewers: the jail is the wall, in both."""

from __future__ import annotations

import builtins
import types

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from collections.abc import Callable
    from typing import Any

# Agrees with the rules of the analysis.
FORBIDDEN_BUILTINS = frozenset({
    "eval", "exec", "compile", "type", "getattr", "setattr", "delattr", "open", "vars", "dir", "globals", "locals",
    "__import__", "input", "breakpoint", "help", "exit", "quit", "copyright", "credits", "license",
})  # fmt: skip
_NEVER = frozenset({"__loader__", "__spec__", "__package__", "__doc__"})

_ALL = {name: value for name, value in vars(builtins).items() if name not in _NEVER}
_STRICT = {name: value for name, value in _ALL.items() if name not in FORBIDDEN_BUILTINS}

# Names that mean that code may need a running event loop before it first suspends.
_LOOP_NAMES = frozenset({"asyncio", "anyio", "trio", "importlib", "__import__", "eval", "exec"})


class ImportDenied(ImportError):
    """A module that is not granted."""


class Imports:
    """The imports of one call: what is allowed, what was imported, what was refused."""

    def __init__(self, allowed: set[str] | None) -> None:
        self.allowed = allowed
        self.seen: set[str] = set()
        self.denied: set[str] = set()

    def builtins(self) -> dict[str, Any]:
        """The builtins of tool code, with its own `__import__`. Other modules keep the real ones.

        The table itself, not a copy: a copy would touch the reference count of every builtin, and with it some seventy
        pages that this process shares with the zygote. The process runs one call, so nobody else sees the change."""
        table = _ALL if self.allowed is None else _STRICT
        table["__import__"] = self._import
        return table

    def _import(
        self,
        name: str,
        globals: dict[str, Any] | None = None,
        locals: dict[str, Any] | None = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        if self.allowed is not None:
            if level:
                raise ImportError("a tool is a single file: relative imports do not exist here")
            self._check(name, fromlist or ())
        module = builtins.__import__(name, globals, locals, fromlist or (), level)
        self.seen.add(name)
        if self.allowed is not None:
            self._check_members(name, module, fromlist or ())
        return module

    def _is_allowed(self, name: str) -> bool:
        allowed = self.allowed or ()
        if name in allowed or name == "__future__":
            return True
        parts = name.split(".")
        return any(".".join(parts[:count]) + ".*" in allowed for count in range(1, len(parts) + 1))

    def _check(self, name: str, fromlist: tuple[str, ...]) -> None:
        if self._is_allowed(name):
            return
        if fromlist and all(self._is_allowed(f"{name}.{item}") for item in fromlist):
            return
        self._deny(name)

    def _check_members(self, name: str, module: types.ModuleType, fromlist: tuple[str, ...]) -> None:
        """`from random import _os` would hand out a module that was never granted."""
        for item in fromlist:
            member = getattr(module, item, None)
            if isinstance(member, types.ModuleType) and not (
                self._is_allowed(member.__name__) or self._is_allowed(f"{name}.{item}")
            ):
                self._deny(member.__name__)

    def _deny(self, name: str) -> None:
        self.denied.add(name)
        raise ImportDenied(f"module '{name}' is not granted to this tool", name=name)


def needs_loop(code: types.CodeType, roots: frozenset[str]) -> bool:
    """Whether the code (or code nested in it) names something that may expect a running event loop."""
    if not (_LOOP_NAMES.isdisjoint(code.co_names) and roots.isdisjoint(code.co_names)):
        return True
    return any(isinstance(constant, types.CodeType) and needs_loop(constant, roots) for constant in code.co_consts)


def drive(main: Callable[..., Any], arguments: dict[str, Any], wants_loop: Callable[[], bool]) -> Any:
    """Runs `main`. A coroutine that never really suspends costs no event loop; one that does gets it then."""
    result = main(**arguments)
    if not isinstance(result, types.CoroutineType):
        return result
    if wants_loop():
        return _in_loop(result)
    try:
        waits_for = result.send(None)
    except StopIteration as done:
        return done.value
    return _in_loop(_resume(result, waits_for))


def _in_loop(coroutine: Any) -> Any:
    import asyncio

    async def outer() -> Any:
        return await coroutine

    return asyncio.run(outer())


@types.coroutine
def _resume(coroutine: Any, waits_for: Any) -> Any:
    """Continues a coroutine that already suspended once, inside a task."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:
            step, value = coroutine.throw, error
        else:
            step, value = coroutine.send, sent
        try:
            waits_for = step(value)
        except StopIteration as done:
            return done.value
