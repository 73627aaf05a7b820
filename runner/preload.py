"""What a zygote imports before it forks, so that calls do not pay for it. Every fork pays for it, though, so there are three
profiles: `bare` for plain computing on JSON, `lean` with the modules that tools like most, `full` with asyncio and httpx
for tools that wait or speak HTTP. `full:pandas,yaml` also loads granted packages."""

import io
import os
import sys

import lockdown

# Without a root of its own the jail sees the packages where they lie.
SITE = os.environ.get("MCPBOX_SITE", "/site")

# The packages of the base environment that may be used without an event loop.
_BASE_ROOTS = frozenset({"httpx", "httpcore", "h11", "idna", "certifi", "regex", "tzdata", "anyio", "sniffio", "typing_extensions"})


# Private memory and address space that the packages of a zygote take before any call; calls get their limits on top.
baseline = (0, 0)


def load(profile: str, *, speaks_tls: bool = False) -> None:
    profile, _, packages = profile.partition(":")
    _text_streams()
    if os.path.isdir(SITE):
        sys.path.append(SITE)
    if profile == "bare":
        return
    # With them come dataclasses, decimal, enum and typing.
    import conversion  # noqa: F401
    import objects  # noqa: F401

    if profile == "full":
        _load_asyncio(speaks_tls=speaks_tls)
        _load_httpx()
    if packages:
        _load_packages(packages.split(","))


def _text_streams() -> None:
    """Nothing is held back in the process, so nothing has to be flushed when a call ends."""
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "w", closefd=False)
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)  # type: ignore[arg-type]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _load_asyncio(*, speaks_tls: bool) -> None:
    """Without ssl, unless packages speak TLS through the proxy: there is no socket to use it on, and OpenSSL's memory would be
    copied by every fork."""
    if speaks_tls:
        import asyncio  # noqa: F401

        return
    missing = object()
    before = sys.modules.get("ssl", missing)
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import asyncio  # noqa: F401
    finally:
        if before is missing:
            del sys.modules["ssl"]
        else:
            sys.modules["ssl"] = before  # type: ignore[assignment]


def _load_httpx() -> None:
    import egress

    if egress.is_installed():
        egress.client()


def package_roots() -> frozenset[str]:
    """Top-level names of installed packages that may bring their own idea of an event loop."""
    try:
        names = os.listdir(SITE)
    except OSError:
        return frozenset()
    return frozenset(name.partition(".")[0] for name in names) - _BASE_ROOTS


def _load_packages(modules: list[str]) -> None:
    """Code of granted packages runs here once, outside of any call. One that cannot be imported is left to the tool, which then
    sees why; one that starts threads must not be here at all: a fork keeps only the thread that forks, and their locks."""
    global baseline
    import importlib

    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001 - packages raise anything
            print(f"{module} cannot be loaded ahead: {type(error).__name__}: {error}", file=sys.stderr)
        if not lockdown.is_single_threaded():
            sys.exit(f"not loaded ahead: {module} starts threads when it is imported")
    import resource

    baseline = (_taken(resource.RLIMIT_DATA), _taken(resource.RLIMIT_AS))


def _taken(which: int) -> int:
    """What this process has of a limited memory now, to the megabyte. Found by trying: there is no /proc here."""
    import mmap
    import resource

    before = resource.getrlimit(which)
    low, high = 0, 1 << 16  # megabytes: too little, enough
    while high - low > 1:
        middle = (low + high) // 2
        try:
            resource.setrlimit(which, (middle << 20, before[1]))
            mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
            high = middle
        except (OSError, ValueError, MemoryError):
            low = middle
        finally:
            resource.setrlimit(which, before)
    return high << 20
