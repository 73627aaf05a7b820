"""Load with an oracle: clients that write, decide and call, and note what was acknowledged. Whatever is not acknowledged may have been
done or not; whatever is must be there afterwards, and every effect happened at most once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from box import AdminSession
from lan_host import ADDRESS
from llm import Refused
from mcp_http import Lost, call

SERVER = "torture"
CODE = "def main(a: int) -> int:\n    return a + {number}\n"
EFFECT = 'async def main(n: int) -> int:\n    return (await http.post("http://{rule}/" + str(n), content=b"x")).status_code\n'


class CounterService:
    """The world outside: counts how often each effect happened."""

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 (the library's name)
                with lock:
                    service.effects[self.path.removeprefix("/")] += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((ADDRESS, 0), Handler)
        self.rule = f"{ADDRESS}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class State:
    """What is known of a tool."""

    newest: int = 0
    live: int | None = None


@dataclass
class Known:
    """The last acknowledged state of a tool, and the one that was being made when an answer was lost."""

    acknowledged: State = State()
    attempted: State | None = None

    def allows(self, seen: State) -> bool:
        return seen in (self.acknowledged, self.attempted)


@dataclass
class Oracle:
    tools: dict[str, Known] = field(default_factory=dict)
    secrets: dict[str, bool] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    sent: int = 0
    lost: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def writes(self) -> int:
        return sum(known.acknowledged.newest for known in self.tools.values())


class Load:
    """Threads until `stop`. `mcp_urls` and `admin_url` are asked for each time: they change with a restart."""

    def __init__(self, mcp_urls: Callable[[], list[str]], admin_url: Callable[[], str], seed: int) -> None:
        self.oracle = Oracle()
        self._mcp_urls, self._admin_url = mcp_urls, admin_url
        self._stop = threading.Event()
        self._random = random.Random(seed)
        self._threads: list[threading.Thread] = []
        self._round = 0
        self.broken: list[str] = []

    def start(self, effect_tool: str) -> None:
        self._stop.clear()
        self._round += 1
        works = [lambda n=n: self._author(n) for n in range(2)] + [lambda n=n: self._caller(n, effect_tool) for n in range(2)] + [self._keeper]
        self._threads = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        assert not self.broken, self.broken

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 (told by `stop`)
            self.broken.append(repr(error))

    def _url(self) -> str:
        return self._random.choice(self._mcp_urls())

    def _ask(self, tool: str, **arguments: Any) -> Any:
        """A call that is made once; `Lost` or `Refused` says how it ended otherwise."""
        try:
            return call(self._url(), tool, **arguments)
        except Lost:
            self.oracle.lost += 1
            time.sleep(0.05)
            raise
        except Refused as refused:
            self.oracle.refused[refused.kind] += 1
            time.sleep(0.05)
            raise

    def _names(self, prefix: str) -> Iterator[str]:
        for number in range(100_000):
            if self._stop.is_set():
                return
            yield f"{prefix}_{self._round}_{number}"

    def _author(self, number: int) -> None:
        """Makes tools, one after the other: create, change, test, publish, approve, revoke. Leaves one for good when an answer is lost."""
        for name in self._names(f"a{number}"):
            known = self.oracle.tools.setdefault(f"{SERVER}__{name}", Known())
            try:
                self._life(name, known)
            except (Lost, Refused, OSError, HTTPException):
                continue

    def _life(self, name: str, known: Known) -> None:
        tool = f"{SERVER}__{name}"

        def step(state: State, act: Callable[[], Any]) -> Any:
            known.attempted = state
            told = act()
            known.acknowledged, known.attempted = state, None
            return told

        step(State(1), lambda: self._ask("mcpbox_create_tool", server_id=SERVER, name=name, python_code=CODE.format(number=1)))
        step(State(2), lambda: self._ask("mcpbox_update_tool", tool_id=tool, python_code=CODE.format(number=2)))
        self._ask("mcpbox_test_code", tool_id=tool, arguments={"a": 1})
        asked = self._ask("mcpbox_request_publish", tool_id=tool)
        admin = logged_in(self._admin_url())
        decision = {"content_hash": asked["content_hash"], "comment": ""}
        review = f"/reviews/{asked['review_id']}"
        step(State(2, 2), lambda: decided(admin, f"{review}/approve", decision))
        step(State(3, 2), lambda: self._ask("mcpbox_update_tool", tool_id=tool, python_code=CODE.format(number=3)))
        if self._random.random() < 0.5:
            step(State(3), lambda: decided(admin, f"{review}/revoke", {"comment": ""}))

    def _caller(self, number: int, tool: str) -> None:
        """Calls a tool with an effect, each time another one."""
        for name in self._names(""):
            effect = f"{number}{abs(hash((name, self._round))) % 10**12}"
            self.oracle.sent += 1
            try:
                self._ask(tool, n=int(effect))
            except (Lost, Refused):
                continue
            self.oracle.called.add(str(int(effect)))

    def _keeper(self) -> None:
        """Sets secrets."""
        for name in self._names("S"):
            key = name.upper()
            try:
                admin = logged_in(self._admin_url())
                decided(admin, f"/servers/{SERVER}/secrets/{key}/value", {"value": "s3cret", "hosts": ["api.example"]}, "PUT")
            except (Lost, OSError, HTTPException):
                continue
            self.oracle.secrets[key] = True
            time.sleep(0.2)


def logged_in(url: str) -> AdminSession:
    """A human's session; `Lost` when there is none to be had now."""
    try:
        return AdminSession(url)
    except (AssertionError, ValueError) as error:
        raise Lost(str(error)) from error


def decided(admin: AdminSession, path: str, body: Any, method: str = "POST") -> Any:
    """What a human does; anything but success is as good as no answer."""
    try:
        return admin.send(method, path, body)
    except (AssertionError, ValueError) as error:
        raise Lost(str(error)) from error
