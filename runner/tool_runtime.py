"""One call in its own, already locked-down process: waits for a `run` frame, runs `main` (or the function of a prompt or resource
that the frame names), answers with `result` or `error`.
A `compile` frame instead only compiles, for the supervisor's cache, and runs nothing."""

from __future__ import annotations

import datetime
import gc
import json
import marshal
import os
import resource
import sys
import types
import _socket

import content
import egress
import failures
import language
import parameters
import preload
import results
from channel import Channel, Disconnected, decode, frame

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from typing import Any

# Kept back from the memory limit, so that "out of memory" can still be reported.
_REPORT_BYTES = 16 << 20
# Address space beyond private memory: the interpreter's code, libraries and locales.
_ADDRESS_SPARE = 512 << 20

_ROOTS = preload.package_roots()


class Context:
    """`ctx`: what a tool says and asks while it runs."""

    ElicitError = failures.ElicitError
    CannotAsk = failures.CannotAsk

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tells the client how far the tool is."""
        text = None if message is None else str(message)[:1000]
        self._channel.send({"type": "progress", "done": float(done), "total": None if total is None else float(total), "message": text})

    def log(self, *values: object) -> None:
        """Sends a line to the client's log."""
        self._channel.send({"type": "log", "message": " ".join(map(str, values))[:8000]})

    async def elicit(self, message: str, schema: Any = None, *, key: str | None = None) -> Any:
        """Asks the user of the client, and waits for the answer."""
        import asking

        return await asking.ask(self._channel, message, schema, key)


class Secrets(dict):
    """`secrets`: a read-only mapping that notes which keys were read."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> str:
        if key not in self:
            raise failures.SecretMissing(key)
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default

    def _refuse(self, *_: object, **__: object) -> Any:
        raise TypeError("secrets are read-only; an admin sets their values")

    __setitem__ = __delitem__ = update = pop = popitem = setdefault = clear = __ior__ = _refuse  # type: ignore[assignment]


_NO_SECRETS = Secrets({})


def serve(channel: Channel, *, rehearse: bool, limited: bool = True) -> int:
    egress.attach(channel)
    if rehearse:
        # Touches the pages a real call touches, so that they are copied now and not while somebody waits.
        _rehearse()
    channel.send({"type": "parked"})
    try:
        header, body = channel.receive()
    except Disconnected:
        return 0
    if header["type"] == "compile":
        compile_only(channel, body)
        return 0
    if limited:
        set_limits(header["limits"])
    gc.enable()
    run(channel, header, body)
    return 0


def warm_up(runs: int) -> None:
    """In the zygote, before any fork: lets the interpreter specialise the functions every call goes through. Done in a
    child, that writes to their code, and each of those pages would be copied for each call (halves a call's own work)."""
    ours, theirs = _socket.socketpair()
    channel, request = Channel(theirs.fileno()), frame({"type": "run", **_REHEARSAL}, _REHEARSAL_BODY)
    for _ in range(runs):
        ours.sendall(request)
        serve(channel, rehearse=True)
        ours.recv(1 << 16)
    ours.close()
    theirs.close()
    egress.attach(None)
    sys.modules.pop("tool", None)


def _rehearse() -> None:
    run(_NOWHERE, _REHEARSAL, _REHEARSAL_BODY)


# Descriptor 0 is /dev/null.
_NOWHERE = Channel(0)
_REHEARSAL_SOURCE = b"async def main(a: int):\n    return {'a': a}\n"
_REHEARSAL_CODE = marshal.dumps(compile(_REHEARSAL_SOURCE, failures.TOOL_FILE, "exec", dont_inherit=True))
_REHEARSAL_BODY = _REHEARSAL_SOURCE + _REHEARSAL_CODE + b'{"a":1}'
# Limits that limit nothing: the zygote runs this too. The kernel counts CPU time in nanoseconds.
_REHEARSAL = {
    "policy": "strict",
    "modules": [],
    "secrets": {},
    "sizes": [len(_REHEARSAL_SOURCE), len(_REHEARSAL_CODE)],
    "limits": {"result_bytes": 1024, "memory_bytes": 1 << 60, "cpu_s": 1 << 30},
}


def report_broken(channel: Channel, error: BaseException) -> None:
    """The child could not be locked down; it never saw a request."""
    channel.send({"type": "broken", "reason": f"{type(error).__name__}: {error}"[:2000]})


def compile_only(channel: Channel, source: bytes) -> None:
    try:
        code = marshal.dumps(compile(source, failures.TOOL_FILE, "exec", dont_inherit=True))
    except BaseException:  # noqa: BLE001 - a real run will tell why
        code = b""
    channel.send({"type": "code"}, code)


def set_limits(limits: dict[str, int]) -> None:
    memory, cpu_s = limits["memory_bytes"], limits["cpu_s"]
    # Memory bomb: what the process may write to, and as a backstop everything it may map.
    private, address = preload.baseline[0] + memory, preload.baseline[1] + memory + _ADDRESS_SPARE
    _lower(resource.RLIMIT_DATA, private - _REPORT_BYTES, private)
    _lower(resource.RLIMIT_AS, address - _REPORT_BYTES, address)
    # CPU loop: first a signal that names the reason, a second later one that cannot be ignored.
    _lower(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)


def _lower(which: int, soft: int, hard: int) -> None:
    maximum = resource.getrlimit(which)[1]
    if maximum != resource.RLIM_INFINITY:
        hard = min(hard, maximum)
    resource.setrlimit(which, (min(soft, hard), hard))


def _use_reserve() -> None:
    for which in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        hard = resource.getrlimit(which)[1]
        resource.setrlimit(which, (hard, hard))


def run(channel: Channel, header: dict[str, Any], body: bytes) -> None:
    code_start, arguments_start = header["sizes"][0], sum(header["sizes"])
    source, code, arguments = body[:code_start], body[code_start:arguments_start], body[arguments_start:]
    strict = header["policy"] == "strict"
    imports = language.Imports(set(header["modules"]) if strict else None)
    secrets = Secrets(header["secrets"]) if header["secrets"] else _NO_SECRETS
    if "proxy" in header:
        # What packages that speak HTTP by themselves look for; the token in it is this call's alone.
        os.environ.update(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), header["proxy"]))
    try:
        namespace = _namespace(channel, imports, secrets)
        if "tools" in header:
            import toolcalls

            namespace.update(tools=toolcalls.Tools(channel), ToolError=failures.ToolError)
        value = _run_function(namespace, _load(source, code), decode(arguments), header.get("entry", _MAIN)["function"])
        if "entry" in header:
            import offers

            value = offers.shape(header["entry"]["kind"], value, header["limits"]["result_bytes"])
        reply = results.encode(value, header["limits"]["result_bytes"])
        failure = None
    except Disconnected:
        return
    except BaseException as error:  # noqa: BLE001 - whatever a tool raises is a failure of the tool
        if isinstance(error, MemoryError):
            _use_reserve()
        failure = _describe(error, source, strict=strict)
        reply = b""
    observed = {"modules": sorted(imports.seen), "denied_modules": sorted(imports.denied), "secrets": sorted(secrets.read), **_usage()}
    if failure is None:
        channel.send({"type": "result", **observed}, reply)
    else:
        channel.send({"type": "error", "failure": failure, **observed})


def _describe(error: BaseException, source: bytes, *, strict: bool) -> dict[str, Any]:
    try:
        return failures.describe(error, source.decode("utf-8", "replace"), strict=strict)
    except BaseException:  # noqa: BLE001 - classes of a tool may do anything when they are looked at
        return {"kind": "exception", "message": "the tool raised an error that cannot be described"}


def _load(source: bytes, code: bytes) -> Any:
    """The compiled program: from the supervisor's cache (made by a child that ran nothing), or compiled here."""
    return marshal.loads(code) if code else compile(source, failures.TOOL_FILE, "exec", dont_inherit=True)


def _namespace(channel: Channel, imports: language.Imports, secrets: Secrets) -> dict[str, Any]:
    return {
        "__builtins__": imports.builtins(),
        "http": egress.facade(),
        "json": json,
        "datetime": datetime.datetime,
        "secrets": secrets,
        "content": content,
        "ctx": Context(channel),
        "prompt": _offer,
        "resource": _offer,
    }


def _offer(function: Any = None, *_: object, **__: object) -> Any:
    """`@prompt` and `@resource(…)`: the function as it is. What they define was read from the source before anybody approved it."""
    return function if callable(function) else _unchanged


def _unchanged(function: Any) -> Any:
    return function


_MAIN = {"function": "main"}


def _run_function(namespace: dict[str, Any], program: Any, arguments: dict[str, Any], name: str) -> Any:
    # A module, because dataclasses and get_type_hints look classes' modules up by name.
    module = sys.modules["tool"] = types.ModuleType("tool")
    module.__dict__.update(namespace, arguments=dict(arguments))
    exec(program, module.__dict__)
    function = module.__dict__.get(name)
    if not callable(function):
        raise failures.NoMain(f"the source defines no {name}; define 'async def {name}(...)'")
    values = parameters.convert(function, arguments)
    return language.drive(function, values, lambda: language.needs_loop(program, _ROOTS))


def _usage() -> dict[str, int]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_us": int((usage.ru_utime + usage.ru_stime) * 1_000_000), "peak_kb": usage.ru_maxrss}
