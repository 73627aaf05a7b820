"""Attacks a server with real sockets and prints how others fare meanwhile: p95 of a management call and of an admin page, each on a new
connection, and the memory of the server. Ends with 1 when a p95 is above 100 ms."""

from __future__ import annotations

import resource
import statistics
import sys
import threading
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "story"))
from box import Box  # noqa: E402 (the tests' own parts)
from crowd import Crowd, Polite, memory_mb  # noqa: E402

P95_MAX_MS = 100.0
QUESTIONS = 200


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def attack(box: Box, what: str, begin: Callable[[Crowd, threading.Event], list[threading.Thread]]) -> bool:
    stop = threading.Event()
    with Crowd(box.mcp_url) as crowd, Polite(box, 60) as polite:
        threads = begin(crowd, stop)
        polite.ask(QUESTIONS)
        stop.set()
        for thread in threads:
            thread.join(60)
        calls, pages = p95(polite.took_ms["call"]), p95(polite.took_ms["page"])
        held = polite.metric('mcpbox_http_connections{listener="mcp"}')
    print(f"| {what} | {calls:.1f} ms | {pages:.1f} ms | {held:.0f} | {memory_mb(box.process.pid):.0f} MB |")
    return max(calls, pages) <= P95_MAX_MS


def drip(crowd: Crowd, stop: threading.Event) -> list[threading.Thread]:
    def run() -> None:
        while not stop.is_set():
            crowd.keep_dripping(0.5)

    thread = threading.Thread(target=run)
    thread.start()
    return [thread]


def slow_heads(crowd: Crowd, stop: threading.Event) -> list[threading.Thread]:
    crowd.drip_heads(2_000)
    return drip(crowd, stop)


def slow_bodies(crowd: Crowd, stop: threading.Event) -> list[threading.Thread]:
    crowd.drip_bodies(2_000)
    return drip(crowd, stop)


def idle(crowd: Crowd, _: threading.Event) -> list[threading.Thread]:
    crowd.idle(10_000)
    return []


def held(crowd: Crowd, _: threading.Event) -> list[threading.Thread]:
    crowd.hold_bodies(200, 3 << 20)
    return []


def flood(*kinds: str) -> Callable[[Crowd, threading.Event], list[threading.Thread]]:
    def begin(crowd: Crowd, stop: threading.Event) -> list[threading.Thread]:
        threads = [threading.Thread(target=crowd.flood, args=(kind, stop)) for kind in kinds]
        for thread in threads:
            thread.start()
        return threads

    return begin


def main() -> int:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (65_536 if most < 0 else min(most, 65_536), most))
    box = Box(Path(sys.argv[1])).start()
    box.create_admin()
    print("| while | call, p95 | page, p95 | connections held | memory |\n| --- | ---: | ---: | ---: | ---: |")
    try:
        holds = [
            attack(box, "nobody attacks", lambda *_: []),
            attack(box, "2,000 sockets drip heads", slow_heads),
            attack(box, "2,000 sockets drip bodies", slow_bodies),
            attack(box, "10,000 connections idle", idle),
            attack(box, "200 bodies of 3 MiB are held open", held),
            attack(box, "a flood of bad JSON", flood("bad_json", "bad_json")),
            attack(box, "a flood of foreign hosts and forwarded requests", flood("foreign_host", "unauthenticated")),
            attack(box, "a flood of bodies of 3 MiB", flood("large_body", "large_body")),
        ]
    finally:
        box.stop()
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
