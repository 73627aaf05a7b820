"""Exceptions → failures an LLM can repair: kind, sentence, line, snippet, and a traceback of the tool's own frames only."""

from __future__ import annotations

import os

import egress
import language
import parameters
import results

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    import types
    from typing import Any

TOOL_FILE = "tool.py"
_MESSAGE_MAX = 4_000
_TRACEBACK_MAX = 8_000
_FRAMES_MAX = 20


class NoMain(Exception):
    """The source defines no `main`."""


class SecretMissing(KeyError):
    """A secret that is not set or not granted."""

    def __str__(self) -> str:
        return f"secret '{self.args[0]}' has no value, or is not granted to this tool"


class ToolError(Exception):
    """A tool that a script called did not return: `kind`, `message`, `hint`, and `next`, the call that helps."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure["message"])
        self.kind: str = failure["kind"]
        self.message: str = failure["message"]
        self.hint: str | None = failure.get("hint")
        self.next: dict[str, Any] | None = failure.get("next")

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


class ElicitError(Exception):
    """`ctx.elicit` came to nothing: `kind`, `message`, `hint`."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure["message"])
        self.kind: str = failure["kind"]
        self.message: str = failure["message"]
        self.hint: str | None = failure.get("hint")


class CannotAsk(ElicitError):
    """There is nobody to ask, or the client cannot show a form."""


def describe(error: BaseException, source: str, *, strict: bool) -> dict[str, Any]:
    lines = source.splitlines()
    frames = _tool_frames(error)
    failure = {"kind": _kind(error, frames), "message": _message(error)[:_MESSAGE_MAX], "hint": _hint(error, strict=strict)}
    if isinstance(error, SyntaxError) and error.filename == TOOL_FILE:
        number: int | None = error.lineno
    else:
        number = frames[-1][0] if frames else None
    if number:
        failure["line"] = number
        failure["snippet"] = _line(lines, number).strip()[:500]
    if frames:
        failure["traceback"] = _traceback(error, frames, lines)[:_TRACEBACK_MAX]
    return failure


def _kind(error: BaseException, frames: list[tuple[int, str]]) -> str:
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (language.ImportDenied, "import_denied"),
        (SecretMissing, "secret_missing"),
        (CannotAsk, "cannot_ask"),
        (MemoryError, "memory"),
        (parameters.InvalidArgument, "invalid_arguments"),
        (results.TooLarge, "output_too_large"),
        (NoMain, "syntax"),
    ]
    for kind, word in kinds:
        if isinstance(error, kind):
            return word
    if egress.is_denial(error):
        return "host_denied"
    if isinstance(error, SyntaxError) and error.filename == TOOL_FILE and not frames:
        return "syntax"
    if isinstance(error, TypeError) and not frames and "main()" in str(error) and "argument" in str(error):
        return "invalid_arguments"
    return "exception"


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError):
            return error.msg or "invalid syntax"
        if isinstance(error, SystemExit):
            return f"the tool ended itself (exit code {error.code!r}) instead of returning a result"
        if isinstance(error, results.TooLarge):
            return f"the result is larger than {error.args[0]} bytes of JSON"
        if isinstance(error, MemoryError):
            return "the tool used more memory than it may"
        if isinstance(error, (language.ImportDenied, SecretMissing, ElicitError, NoMain, parameters.InvalidArgument, results.NotJson)):
            return str(error)
        text = str(error)
        return f"{type(error).__name__}: {text}" if text else type(error).__name__
    except BaseException:  # noqa: BLE001 - a tool's __str__ may do anything
        return type(error).__name__


def _hint(error: BaseException, *, strict: bool) -> str | None:
    if isinstance(error, NameError) and strict and getattr(error, "name", None) in language.FORBIDDEN_BUILTINS:
        return f"'{error.name}' does not exist under the strict code policy; write it without, or ask the admin for 'standard'"
    if isinstance(error, (ToolError, ElicitError)):
        return error.hint
    if isinstance(error, results.TooLarge):
        return "Return less: page, filter or summarise, and let the caller ask for the next part"
    if hint := _await_hint(error):
        return hint
    if isinstance(error, SystemExit):
        return "Return the result from main, or raise an exception with a message"
    if isinstance(error, RecursionError):
        return "The recursion has no end or is too deep for Python; use a loop"
    if isinstance(error, PermissionError):
        files = "/tmp for files" if "TMPDIR" in os.environ else "io.BytesIO instead of files (there is no /tmp without namespaces)"
        return f"Files, processes and sockets of the machine are out of reach in the sandbox; use http for the network and {files}"
    if isinstance(error, FileNotFoundError) and "No usable temporary directory" in str(error):
        return "There is no /tmp in a sandbox without namespaces; keep the data in memory (io.BytesIO, io.StringIO)"
    return None


def _await_hint(error: BaseException) -> str | None:
    """What is usually wrong with `await` when one of these is raised."""
    text = str(error) if isinstance(error, (AttributeError, TypeError, RuntimeError)) else ""
    if "coroutine" in text and ("object" in text or "contains a coroutine" in text):
        return "A call of an async function gives a coroutine: write await before the call"
    if "can't be used in 'await' expression" in text:
        return "Remove await there: what stands after it is no coroutine, but a value already"
    if "cannot be called from a running event loop" in text or "event loop is already running" in text:
        return "main runs in an event loop already: write await instead of asyncio.run"
    return None


def _tool_frames(error: BaseException) -> list[tuple[int, str]]:
    frames = []
    traceback: types.TracebackType | None = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == TOOL_FILE:
            frames.append((traceback.tb_lineno or 0, code.co_name))
        traceback = traceback.tb_next
    return frames


def _traceback(error: BaseException, frames: list[tuple[int, str]], lines: list[str]) -> str:
    text = ["Traceback (most recent call last):"]
    left_out = len(frames) - _FRAMES_MAX
    shown = frames if left_out <= 0 else frames[: _FRAMES_MAX // 2] + frames[-_FRAMES_MAX // 2 :]
    for index, (number, name) in enumerate(shown):
        if left_out > 0 and index == _FRAMES_MAX // 2:
            text.append(f"  [{left_out} more frames]")
        text.append(f'  File "{TOOL_FILE}", line {number}, in {name}')
        text.append(f"    {_line(lines, number).strip()[:300]}")
    text.append(_message(error))
    return "\n".join(text)


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""
