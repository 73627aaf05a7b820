"""Humans are told elsewhere: a real webhook on the LAN, the test button, and a server that dies before it told anybody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os

import anyio
import pytest
from box import AdminSession, Box
from lan_host import LanHost
from llm import connect

pytestmark = pytest.mark.anyio

ADD = "def main(a: int, b: int) -> int:\n    return a + b  # @everyone\n"


def signature(key: bytes, headers: dict[str, str], body: bytes) -> str:
    """As the specification of Standard Webhooks says."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


async def test_what_waits_is_told_once_although_the_server_dies_first(box: Box, lan_host: LanHost) -> None:
    admin = AdminSession(box.admin_url)
    key = os.urandom(32)
    secret = "whsec_" + base64.b64encode(key).decode()
    url = f"{lan_host.url}/hooks/hidden-part"
    target = admin.send("POST", "/notifications", {"name": "Ops", "kind": "webhook", "url": url, "key": secret})
    tested = admin.send("POST", f"/notifications/{target['id']}/test", {})
    assert (tested["succeeded"], tested["status"], tested["said"]) == (True, 200, "HTTP 200: taken it")
    path, headers, body = lan_host.posts.pop()
    assert (path, json.loads(body)["type"]) == ("/hooks/hidden-part", "test")
    assert headers["webhook-signature"] == signature(key, headers, body)

    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="everyone_here")
        for name in ("one", "two"):
            await llm.call("mcpbox_create_tool", server_id="everyone_here", name=name, python_code=ADD)
            await llm.call("mcpbox_request_publish", tool_id=f"everyone_here__{name}")
    box.kill()
    assert not lan_host.posts, "news is gathered for ten seconds"
    box.start()
    with anyio.fail_after(30):
        while not lan_host.posts:
            await anyio.sleep(0.1)
    await anyio.sleep(3)  # longer than the pause between two looks
    assert len(lan_host.posts) == 1, "told once"
    _, headers, body = lan_host.posts.pop()
    assert headers["webhook-signature"] == signature(key, headers, body)
    told = json.loads(body)
    assert (told["type"], told["data"]["waiting"]) == ("review.waiting", 2)
    assert told["data"]["url"] == f"{box.admin_url}/approvals"
    assert b"everyone" not in body, "nothing in it was written by the LLM"

    admin = AdminSession(box.admin_url)
    last = admin.send("GET", "/notifications")["items"][0]["last"]
    assert (last["outcome"], last["attempts"], last["said"]) == ("delivered", 1, "HTTP 200: taken it")
    everything = box.log.read_text() + json.dumps(admin.send("GET", "/audit?page_size=100")) + json.dumps(last)
    assert "hidden-part" not in everything
    assert secret not in everything
    assert "intact" in box.cli("audit", "verify").stdout
