"""Traces over OTLP, read by a receiver that knows nothing of MCPbox but the official protocol; and the names of requests in the log."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from box import Box
from llm import connect
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from test_workers import new_key
from worker import Worker

pytestmark = pytest.mark.anyio

SECRET_WORD = "Rumpelstilzchen"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TOOL = "def main(word: str) -> str:\n    return word * 2\n"


class Collector:
    """Takes what an exporter sends."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.raw = b""
        self.headers: list[dict[str, str]] = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 (the name the library calls)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
                request = ExportTraceServiceRequest.FromString(body)
                collector.headers.append(dict(self.headers))
                collector.raw += body
                collector.spans += [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


def post(url: str, body: object, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("POST", "/mcp", json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def call(name: str, arguments: dict[str, str]) -> dict[str, object]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "traced", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments, "_meta": meta}}


MODERN = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call"}


async def test_a_call_is_one_trace_with_its_stages_and_continues_that_of_its_caller(fresh: Box, collector: Collector) -> None:
    fresh.env |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=a%20key",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    box = fresh.start()
    box.create_admin()
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="traced")
        await llm.publish(box, "traced", "twice", TOOL)
        await llm.call("mcpbox_start_server", server_id="traced")
    headers = MODERN | {"Mcp-Name": "traced__twice", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    answer, text = post(box.mcp_url, call("traced__twice", {"word": SECRET_WORD}), headers)
    assert answer.status == 200 and SECRET_WORD * 2 in text, text
    box.stop()  # what is left is sent at the end
    mine = [span for span in collector.spans if span.trace_id.hex() == TRACE]
    by_name = {span.name: span for span in mine}
    assert set(by_name) == {"POST mcp", "tools/call", "authorise", "prepare", "run", "check"}, by_name.keys()
    request, made = by_name["POST mcp"], by_name["tools/call"]
    assert request.parent_span_id.hex() == PARENT and request.kind == Span.SPAN_KIND_SERVER
    assert made.parent_span_id == request.span_id
    assert all(by_name[stage].parent_span_id == made.span_id for stage in ("authorise", "prepare", "run", "check"))
    said = {pair.key: pair.value.string_value for pair in made.attributes}
    assert said["tool"] == "traced__twice" and said["outcome"] == "ok" and said["call.id"]
    assert len({span.trace_id for span in collector.spans}) > 5, "whoever names no trace gets one"
    assert SECRET_WORD.encode() not in collector.raw and b"return word" not in collector.raw
    assert all(sent["x-api-key"] == "a key" for sent in collector.headers)


async def test_a_worker_continues_the_trace_of_the_call_that_it_runs(fresh: Box, collector: Collector, tmp_path: Path) -> None:
    exporter = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    worker = Worker(tmp_path / "worker", new_key(), OTEL_SERVICE_NAME="worker", **exporter).start()
    try:
        fresh.env |= exporter | {"MCPBOX_SANDBOX_URL": worker.url, "MCPBOX_SANDBOX_KEY": worker.key}
        box = fresh.start()
        box.create_admin()
        async with connect(box.mcp_url) as llm:
            await llm.call("mcpbox_create_server", name="traced")
            await llm.publish(box, "traced", "twice", TOOL)
            await llm.call("mcpbox_start_server", server_id="traced")
        headers = MODERN | {"Mcp-Name": "traced__twice", "traceparent": f"00-{TRACE}-{PARENT}-01"}
        answer, text = post(box.mcp_url, call("traced__twice", {"word": "ab"}), headers)
        assert answer.status == 200 and "abab" in text, text
        box.stop()
    finally:
        worker.stop()
    by_name = {span.name: span for span in collector.spans if span.trace_id.hex() == TRACE}
    assert by_name["POST worker"].parent_span_id == by_name["run"].span_id, by_name.keys()


async def test_every_line_about_a_request_carries_its_name_and_a_bad_name_is_replaced(fresh: Box) -> None:
    box = fresh.start("--log", "mcpbox_sandbox=debug,mcpbox_catalog=debug,mcpbox_gateway=debug,mcpbox_admin=debug", "--log-format", "json")
    headers = {"Host": urlsplit(box.admin_url).netloc}
    connection = http.client.HTTPConnection(urlsplit(box.admin_url).netloc, timeout=20)
    for given, kept in (("from-the-proxy.7", True), ('"injected" {', False), ("x" * 65, False)):
        connection.request("GET", "/api/setup", headers=headers | {"X-Request-Id": given})
        answer = connection.getresponse()
        answer.read()
        assert (answer.headers["X-Request-Id"] == given) == kept, answer.headers["X-Request-Id"]
    connection.close()
    answer, _ = post(box.mcp_url, call("nothing", {}), MODERN | {"Mcp-Name": "nothing", "X-Request-Id": "mcp-1"})
    assert answer.headers["X-Request-Id"] == "mcp-1"
    deadline = time.monotonic() + 5
    while "from-the-proxy.7" not in (log := box.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["fields"]["message"] == "answered"]
    assert answered and all(any("request_id" in span for span in line["spans"]) for line in answered), log
    assert "from-the-proxy.7" in log and "injected" not in log
