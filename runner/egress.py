"""`http`: a real httpx client whose transport hands every request to the supervisor, which decides, resolves and connects. The
default transports of httpx are replaced as well, so `httpx.get(...)` and clients a tool makes itself go the same way."""

from __future__ import annotations

from channel import Answer, Channel

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is a tenth of a small zygote
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

# Bytes of a body per frame.
PART = 256 << 10

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

    def question(request: Any, *, more: bool) -> dict[str, Any]:
        timeouts = request.extensions.get("timeout", {})
        seconds = [value for value in timeouts.values() if isinstance(value, (int, float))]
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw]
        header = {
            "type": "http",
            "method": request.method,
            "url": str(request.url),
            "headers": headers,
            "timeout_ms": int(max(seconds) * 1000) if seconds else None,
        }
        return {**header, "more": True} if more else header

    def check(request: Any, answer: Answer) -> Answer:
        error = answer[0].get("error")
        if error is not None:
            raise kinds.get(error["kind"], httpx.ConnectError)(error["message"], request=request)
        return answer

    def response(request: Any, answer: Answer, number: int, stream: Any) -> Any:
        header, body = answer
        extensions = {"http_version": header["http_version"].encode()}
        raw = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in header["headers"]]
        content = stream(request, number, body) if header["more"] else httpx.ByteStream(body)
        return httpx.Response(header["status"], headers=raw, stream=content, request=request, extensions=extensions)

    def channel() -> Channel:
        if _channel is None:
            raise httpx.ConnectError("there is no call to make requests for")
        return _channel

    def read(number: int) -> dict[str, Any]:
        return {"type": "http_read", "request": number}

    def close(number: int) -> None:
        channel().send({"type": "http_close", "request": number})

    class FrameStream(httpx.SyncByteStream, httpx.AsyncByteStream):
        """The rest of an answer, asked for part by part."""

        def __init__(self, request: Any, number: int, first: bytes) -> None:
            self._request, self._number, self._first, self._is_open = request, number, first, True

        def _take(self, answer: Answer) -> bytes:
            try:
                header, body = check(self._request, answer)
            except Exception:
                self._is_open = False
                raise
            self._is_open = header["more"]
            return body

        def __iter__(self) -> Iterator[bytes]:
            if self._first:
                yield self._first
            while self._is_open:
                yield self._take(channel().ask(read(self._number)))

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if self._first:
                yield self._first
            while self._is_open:
                yield self._take(await channel().ask_async(read(self._number)))

        def close(self) -> None:
            if self._is_open:
                self._is_open = False
                close(self._number)

        async def aclose(self) -> None:
            self.close()

    def parts(body: Iterator[bytes]) -> Iterator[bytes]:
        """The same bytes in parts of one size, whatever the tool yields."""
        held = bytearray()
        for chunk in body:
            held += chunk
            while len(held) > PART:
                yield bytes(held[:PART])
                del held[:PART]
        yield bytes(held)

    async def parts_async(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        held = bytearray()
        async for chunk in body:
            held += chunk
            while len(held) > PART:
                yield bytes(held[:PART])
                del held[:PART]
        yield bytes(held)

    def next_part(number: int, *, more: bool) -> dict[str, Any]:
        return {"type": "http_body", "request": number, "more": more}

    class FrameTransport(httpx.BaseTransport):
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def handle_request(self, request: Any) -> Any:
            pieces = parts(request.stream)
            first, second = next(pieces), next(pieces, None)
            number = channel().number()
            try:
                answer = channel().ask(question(request, more=second is not None), first, number)
                while second is not None and "wants" in check(request, answer)[0]:
                    part, second = second, next(pieces, None)
                    answer = channel().ask(next_part(number, more=second is not None), part)
                return response(request, check(request, answer), number, FrameStream)
            except BaseException:
                close(number)
                raise

    class AsyncFrameTransport(httpx.AsyncBaseTransport):
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        async def handle_async_request(self, request: Any) -> Any:
            pieces = parts_async(request.stream)
            first, second = await anext(pieces), await anext(pieces, None)
            number = channel().number()
            try:
                answer = await channel().ask_async(question(request, more=second is not None), first, number)
                while second is not None and "wants" in check(request, answer)[0]:
                    part, second = second, await anext(pieces, None)
                    answer = await channel().ask_async(next_part(number, more=second is not None), part)
                return response(request, check(request, answer), number, FrameStream)
            except BaseException:
                close(number)
                raise

    httpx.HTTPTransport = httpx._client.HTTPTransport = FrameTransport
    httpx.AsyncHTTPTransport = httpx._client.AsyncHTTPTransport = AsyncFrameTransport
    return httpx.AsyncClient(transport=AsyncFrameTransport(), trust_env=False, timeout=30.0)
