"""From an OpenAPI document to a tool in use: the command line makes drafts, a client tests one and asks, a human approves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from box import PASSWORD, USERNAME, Box
from lan_host import LanHost
from llm import Llm, connect

pytestmark = pytest.mark.anyio
KEY = "sesame-open-now"

DOCUMENT = """
openapi: 3.1.0
info: {{title: Weather station, version: "1"}}
servers: [{{url: "{url}/v1"}}]
security: [{{key: []}}]
paths:
  /cities/{{city}}/now:
    get:
      operationId: nowIn
      summary: The weather in a city, now.
      parameters:
        - {{name: city, in: path, required: true, schema: {{type: string}}}}
        - {{name: unit, in: query, schema: {{type: string, enum: [celsius, kelvin], default: celsius}}}}
        - {{name: detailed, in: query, schema: {{type: boolean}}}}
  /reports:
    post:
      operationId: report
      requestBody:
        required: true
        content:
          application/json:
            schema: {{type: object, required: [text], properties: {{text: {{type: string}}, mood: {{type: string}}}}}}
  /photos:
    post:
      operationId: photo
      requestBody: {{required: true, content: {{image/png: {{}}}}}}
components: {{securitySchemes: {{key: {{type: apiKey, in: header, name: X-Key}}}}}}
"""


async def test_a_document_becomes_tools_that_a_human_approves_and_that_run(box: Box, lan_host: LanHost, tmp_path: Path) -> None:
    file = tmp_path / "station.yaml"
    file.write_text(DOCUMENT.format(url=lan_host.url))
    listed = box.cli("import-openapi", str(file), "--list").stdout
    assert "nowIn" in listed and "no tool: its body is image/png" in listed, listed
    trial = box.cli("import-openapi", str(file), "--server", "station", "--dry-run").stdout
    assert "async def main(" in trial and "2 tools would be drafted" in trial, trial
    assert box.cli_json("server", "list") == []
    refused = box.cli("import-openapi", str(file), "--server", "station", "--operation", "photo", fails=True).stderr
    assert "only JSON bodies are written" in refused, refused

    done = box.cli("import-openapi", str(file), "--server", "station").stdout
    assert "2 tools drafted, none of them approved" in done, done
    assert box.cli_json("review", "list") == []
    async with connect(box.mcp_url, "modern") as llm:
        await use(llm, box, lan_host)


async def use(llm: Llm, box: Box, host: LanHost) -> None:
    mock = {"method": "GET", "url": f"{host.url}/v1/cities/*", "status": 200, "body": {"celsius": 3}}
    report = await llm.call("mcpbox_test_code", tool_id="station__now_in", arguments={"city": "Oslo"}, http_mocks=[mock])
    assert report["failure"] is None and '"celsius":3' in json.dumps(report, separators=(",", ":")), report
    for tool in ("station__now_in", "station__report"):
        asked = await llm.call("mcpbox_request_publish", tool_id=tool)
        assert {item["kind"] for item in asked["requested"]} == {"host", "secret"}, asked
        box.approve(tool)
    set_key(box)
    await llm.call("mcpbox_start_server", server_id="station")

    now = await llm.call("mcpbox_call_tool", name="station__now_in", arguments={"city": "São/Paulo", "detailed": True})
    assert now["path"] == "/v1/cities/S%C3%A3o%2FPaulo/now?unit=celsius&detailed=true", now
    assert host.keys[-1] == KEY, host.keys
    astray = await llm.refused("mcpbox_call_tool", name="station__now_in", arguments={"city": ".."})
    assert astray.kind == "exception" and "cannot stand in the path" in astray.answer["message"], astray

    said = await llm.client.call_tool("station__report", {"text": "fog"})
    assert said.content[0].text == "taken it" and not said.is_error, said
    path, headers, body = host.posts[-1]
    assert (path, headers["x-key"], body) == ("/v1/reports", KEY, b'{"text":"fog"}'), host.posts


def set_key(box: Box) -> None:
    """The value alone: the import bound the placeholder to the host."""
    login = ("--username", USERNAME, "--password-stdin")
    box.cli("secret", "set", "station", "STATION_KEY", *login, stdin=f"{PASSWORD}\n{KEY}\n")
