"""What an operator sees: metrics that Prometheus' own parser reads, health that tells a human what is wrong and a stranger nothing."""

from __future__ import annotations

import http.client
import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from box import AdminSession, Box
from llm import connect
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from test_workers import new_key, until
from worker import Worker

pytestmark = pytest.mark.anyio

PLAIN = "def main(word: str) -> int:\n    return len(word)\n"
BROKEN = "def main() -> int:\n    raise ValueError('no')\n"
SECRET_WORD = "Rumpelstilzchen"
METRIC = re.compile(r"\b((?:mcpbox|process)_[a-z_]+)")


def get(url: str, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def samples(url: str, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, read by the strict parser of the format's own project."""
    status, text = get(url, "/metrics", **headers)
    assert status == 200, text
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families) > 20
    assert all(family.documentation for family in families), "each says what it is"
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def named(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    wanted = set(labels.items())
    hits = [value for (sample, has), value in found.items() if sample == name and wanted <= has]
    assert len(hits) == 1, (name, labels, hits)
    return hits[0]


async def test_metrics_count_what_happened_and_the_official_parser_reads_them(fresh: Box) -> None:
    own = f"http://127.0.0.1:{free_port()}"
    box = fresh.start("--metrics-addr", urlsplit(own).netloc)
    box.create_admin()
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="watched")
        await llm.publish(box, "watched", "plain", PLAIN)
        await llm.publish(box, "watched", "broken", BROKEN)
        await llm.call("mcpbox_create_tool", server_id="watched", name="waits", python_code=PLAIN)
        await llm.call("mcpbox_request_publish", tool_id="watched__waits")
        await llm.call("mcpbox_start_server", server_id="watched")
        for _ in range(3):
            await llm.call("watched__plain", word=SECRET_WORD)
        await llm.refused("watched__plain", word=7)
        await llm.refused("watched__broken")
    for url in (box.admin_url, own):
        found = samples(url)
        calls = {"server": "watched", "profile": "live"}
        assert named(found, "mcpbox_calls_total", tool="plain", outcome="ok", **calls) == 3
        assert named(found, "mcpbox_calls_total", tool="plain", outcome="invalid_arguments", **calls) == 1
        assert named(found, "mcpbox_calls_total", tool="broken", outcome="exception", **calls) == 1
        for stage, times in (("authorise", 5), ("prepare", 5), ("run", 4), ("check", 4)):
            assert named(found, "mcpbox_call_stage_seconds_count", stage=stage) == times
        assert named(found, "mcpbox_call_seconds_count") >= 5
        assert named(found, "mcpbox_reviews_open", risk="low") == 1
        assert 0 < named(found, "mcpbox_review_oldest_age_seconds") < 600
        assert named(found, "mcpbox_tools_live") == 2 and named(found, "mcpbox_database_up") == 1
        assert named(found, "mcpbox_database_statement_seconds_count") > 20
        assert named(found, "mcpbox_build_info", role="all") == 1
        assert 10e6 < named(found, "process_resident_memory_bytes") < 2e9 and named(found, "process_open_fds") > 10
        assert named(found, "mcpbox_sandbox_egress_bytes_total", direction="sent") == 0
        text = get(url, "/metrics")[1]
        assert SECRET_WORD not in text and "ValueError" not in text


async def test_health_tells_a_stranger_nothing_and_a_human_everything(box: Box) -> None:
    for url in (box.admin_url, box.mcp_url.removesuffix("/mcp")):
        assert get(url, "/health") == (200, '{"status":"ok"}')
    for path in ("/health/detail", "/metrics"):
        assert get(box.mcp_url, path)[0] == 404, "the gateway has no such door"
    status, text = get(box.admin_url, "/health/detail")
    assert status == 401 and "tier" not in text
    admin = AdminSession(box.admin_url)
    status, text = get(box.admin_url, "/health/detail", Cookie=admin._headers["Cookie"])
    detail = json.loads(text)
    assert status == 200 and detail["status"] in ("ok", "degraded"), text
    checks = detail["checks"]
    assert checks["database"]["is_ok"] and checks["database"]["engine"] == "sqlite"
    assert checks["sandbox"]["is_ok"] and checks["sandbox"]["tier"] in (1, 2)
    assert checks["clock"]["is_ok"] and checks["disk"]["total_bytes"] > 0
    assert checks["backup"] == {"is_ok": True, "newest_at": None, "next_at": None, "message": None}


async def test_without_a_worker_a_server_is_alive_but_not_ready(fresh: Box, tmp_path: Path) -> None:
    key, token = new_key(), new_key()
    worker = Worker(tmp_path / "worker", key).start()
    own = f"http://127.0.0.1:{free_port()}"
    fresh.env |= {"MCPBOX_SANDBOX_URL": worker.url, "MCPBOX_SANDBOX_KEY": key, "MCPBOX_METRICS_TOKEN": token}
    box = fresh.start("--metrics-addr", urlsplit(own).netloc)
    shown = f"Bearer {token}"
    assert get(worker.url, "/health") == (200, '{"status":"ok"}'), "without the key"
    status, text = get(own, "/health/detail", Authorization=shown)
    assert status == 200 and json.loads(text)["checks"]["sandbox"]["workers"][0]["is_up"], text
    worker.kill()
    await until(lambda: get(own, "/health/detail", Authorization=shown)[0] == 503)
    _, text = get(own, "/health/detail", Authorization=shown)
    assert json.loads(text)["status"] == "unavailable" and not json.loads(text)["checks"]["sandbox"]["is_ok"], text
    assert get(own, "/health/detail")[0] == 401 and get(box.admin_url, "/health")[0] == 200
    assert named(samples(box.admin_url, Authorization=shown), "mcpbox_worker_up") == 0


async def test_every_metric_of_the_dashboard_is_there(box: Box, tmp_path: Path) -> None:
    """Those of workers come from a server that has one."""
    key = new_key()
    worker = Worker(tmp_path / "worker", key).start()
    served = Box(tmp_path / "served", {"MCPBOX_SANDBOX_URL": worker.url, "MCPBOX_SANDBOX_KEY": key}).start()
    async with connect(box.mcp_url) as llm:
        await llm.refused("mcpbox_call_tool", name="no__tool", arguments={})
    text = get(box.admin_url, "/metrics")[1] + get(served.admin_url, "/metrics")[1]
    served.stop()
    worker.stop()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",), "gauge": ("",)}
    there = {name + ending for name, kind in kinds.items() for ending in endings[kind]}
    board = json.loads((Path(__file__).parents[2] / "deploy" / "grafana" / "mcpbox.json").read_text())
    asked = {name for panel in board["panels"] for target in panel["targets"] for name in METRIC.findall(target["expr"])}
    assert len(asked) > 30 and asked <= there, sorted(asked - there)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places), "no panel lies on another"
