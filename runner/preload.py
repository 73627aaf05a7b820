"""What a zygote imports before it forks, so that calls do not pay for it. Every fork pays for it, though, so there are three
profiles: `bare` for plain computing on JSON, `lean` with the modules that tools like most, `full` with asyncio and httpx
for tools that wait or speak HTTP."""

import io
import os
import sys

# Without a root of its own the jail sees the packages where they lie.
SITE = os.environ.get("MCPBOX_SITE", "/site")

# The packages of the base environment that may be used without an event loop.
_BASE_ROOTS = frozenset({"httpx", "httpcore", "h11", "idna", "certifi", "regex", "tzdata", "anyio", "sniffio", "typing_extensions"})


def load(profile: str, *, speaks_tls: bool = False) -> None:
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
