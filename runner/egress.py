"""`http`: a real httpx client whose transport hands every request to the supervisor, which decides, resolves and connects. The
default transports of httpx are replaced as well, so `httpx.get(...)` and clients a tool makes itself go the same way."""

from __future__ import annotations

from channel import Answer, Channel

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from typing import Any

_channel: Channel | None = None
_client: Any = None
_denied: type[Exception] | None = None


def is_installed() -> bool:
    import importlib.util

    return importlib.util.find_spec("httpx") is not None


def attach(channel: Channel | None) -> None:
    """From now on requests go over this channel."""
    global _channel
    _channel = channel


def is_denial(error: BaseException) -> bool:
    """Whether it is the refusal of a host."""
    return _denied is not None and isinstance(error, _denied)


def client() -> Any:
    """The one client behind `http`, made once per zygote."""
    global _client
    if _client is None:
        _client = _make_client()
    return _client


class LazyClient:
    """Stands for `http` where httpx is not loaded yet; the first use loads it."""

    def __getattr__(self, name: str) -> Any:
        if not is_installed():
            raise RuntimeError("httpx is not installed in this environment yet; try again in a minute")
        return getattr(client(), name)

    async def __aenter__(self) -> Any:
        return await client().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        return None


def facade() -> Any:
    return _client if _client is not None else LazyClient()


def _make_client() -> Any:
    import httpx

    global _denied

    class HostDenied(httpx.ConnectError):
        """The host is not granted to this tool."""

    _denied = HostDenied
    kinds = {
        "denied": HostDenied,
        "invalid_url": httpx.UnsupportedProtocol,
        "timeout": httpx.ReadTimeout,
        "too_large": httpx.ReadError,
        "protocol": httpx.RemoteProtocolError,
    }

    def question(request: Any) -> dict[str, Any]:
        timeouts = request.extensions.get("timeout", {})
        seconds = [value for value in timeouts.values() if isinstance(value, (int, float))]
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw]
        return {
            "type": "http",
            "method": request.method,
            "url": str(request.url),
            "headers": headers,
            "timeout_ms": int(max(seconds) * 1000) if seconds else None,
        }

    def response(request: Any, answer: Answer) -> Any:
        header, body = answer
        error = header.get("error")
        if error is not None:
            raise kinds.get(error["kind"], httpx.ConnectError)(error["message"], request=request)
        extensions = {"http_version": header["http_version"].encode()}
        raw = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in header["headers"]]
        return httpx.Response(header["status"], headers=raw, stream=httpx.ByteStream(body), request=request, extensions=extensions)

    def channel() -> Channel:
        if _channel is None:
            raise httpx.ConnectError("there is no call to make requests for")
        return _channel

    class FrameTransport(httpx.BaseTransport):
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def handle_request(self, request: Any) -> Any:
            return response(request, channel().ask(question(request), request.read()))

    class AsyncFrameTransport(httpx.AsyncBaseTransport):
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        async def handle_async_request(self, request: Any) -> Any:
            return response(request, await channel().ask_async(question(request), await request.aread()))

    httpx.HTTPTransport = httpx._client.HTTPTransport = FrameTransport
    httpx.AsyncHTTPTransport = httpx._client.AsyncHTTPTransport = AsyncFrameTransport
    return httpx.AsyncClient(transport=AsyncFrameTransport(), trust_env=False, timeout=30.0)
