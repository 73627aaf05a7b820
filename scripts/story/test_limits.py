"""Slow, idle, greedy and rude clients, with real sockets: others are served meanwhile, and memory stays bounded. Nothing here is timed
tightly: figures belong to `scripts/bench limits`."""

from __future__ import annotations

import os
import resource
import threading

import pytest
from box import Box
from crowd import Crowd, Polite, memory_mb

pytestmark = pytest.mark.anyio

LONG = bool(os.environ.get("MCPBOX_LONG"))
IDLE, SLOW = (10_000, 2_000) if LONG else (1_200, 300)
# Each polite question must be answered; a machine that does other things meanwhile is not to fail this.
ANSWER_LIMIT_S = 20.0


@pytest.fixture(scope="module", autouse=True)
def many_files() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536) if most > 0 else 65_536, most))


@pytest.fixture(scope="module")
def box(shared: Box) -> Box:
    return shared


@pytest.mark.parametrize("door", ["mcp", "admin"])
async def test_whoever_idles_or_drips_keeps_nobody_out(box: Box, door: str) -> None:
    url = box.mcp_url if door == "mcp" else box.admin_url
    before = memory_mb(box.process.pid)
    with Crowd(url) as crowd, Polite(box, ANSWER_LIMIT_S) as polite:
        crowd.idle(IDLE)
        crowd.drip_heads(SLOW)
        crowd.drip_bodies(SLOW)
        crowd.keep_dripping(1.5)
        polite.ask(20)
        connected = polite.metric(f'mcpbox_http_connections{{listener="{door}"}}')
        assert connected <= 1_024 + 8
        assert polite.metric(f'mcpbox_http_connections_let_go_total{{listener="{door}"}}') > 0
    assert memory_mb(box.process.pid) - before < 400


async def test_floods_of_rubbish_and_of_large_bodies_keep_nobody_out(box: Box) -> None:
    before = memory_mb(box.process.pid)
    with Crowd(box.mcp_url) as crowd, Polite(box, ANSWER_LIMIT_S) as polite:
        stop = threading.Event()
        floods = [
            threading.Thread(target=crowd.flood, args=(kind, stop))
            for kind in ("bad_json", "foreign_host", "large_body", "unauthenticated")
        ]
        for flood in floods:
            flood.start()
        try:
            polite.ask(20)
        finally:
            stop.set()
            for flood in floods:
                flood.join(30)
        # Large bodies that are never finished: what they may hold together is bounded.
        crowd.hold_bodies(80, 3 << 20)
        polite.ask(5)
        assert memory_mb(box.process.pid) - before < 600
        assert all(count > 0 for count in crowd.answered.values()), crowd.answered


async def test_the_server_raises_its_own_limit_of_open_files(box: Box) -> None:
    with open(f"/proc/{box.process.pid}/limits", encoding="ascii") as limits:
        line = next(line for line in limits if line.startswith("Max open files"))
    soft, hard = line.split()[3:5]
    assert int(soft) == min(int(hard), 65_536) or int(soft) >= 65_536
