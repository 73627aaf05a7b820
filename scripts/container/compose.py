"""A compose file under test, and the work that is done through its published ports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from box import PASSWORD, USERNAME, AdminSession
from engine import DOCKER, ROOT, docker, inspect, remove_all
from llm import Llm

ADMIN_URL = "http://127.0.0.1:3000"
MCP_URL = "http://127.0.0.1:8000/mcp"
HEALTHY_LIMIT_S = 90
# What came of a request that a stranger sends to a listener: an answer's first line, or that the connection brought nothing.
# The path is one that no listener gives to strangers.
KNOCK = """
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
try:
    with socket.create_connection((host, port), timeout=1) as connection:
        connection.sendall(b"GET /status HTTP/1.1\\r\\nHost: localhost:%d\\r\\nConnection: close\\r\\n\\r\\n" % port)
        print((connection.recv(4096) or b"closed").split(b"\\r\\n")[0].decode())
except ConnectionResetError:
    print("closed")
except OSError as error:
    print("unreachable:", error)
"""
ADD = "async def main(a: int, b: int) -> int:\n    return a + b\n"


def program() -> list[str]:
    """Compose as a plugin, or the program of its own that older distributions have."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    return ["docker", "compose"] if plugin else ["docker-compose"]


class Compose:
    """The services of one file, in a copy of `deploy/`, with images that are there already."""

    def __init__(self, file: str, directory: Path) -> None:
        self.directory = directory / "deploy"
        shutil.copytree(ROOT / "deploy", self.directory, ignore=shutil.ignore_patterns("secrets", "mcpbox", "kubernetes"))
        self._command = [*program(), "--file", file]

    def run(self, *arguments: str) -> str:
        command = [*self._command, *arguments]
        done = subprocess.run(
            command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)} → {done.returncode}\n{done.stdout}"
        return done.stdout

    def up(self) -> None:
        try:
            self.run("up", "--detach", "--no-build")
            for name in self.containers():
                wait_healthy(name)
        except AssertionError:
            remove_all()
            raise

    def containers(self, service: str = "") -> list[str]:
        label = "com.docker.compose." + (f"service={service}" if service else f"project={self.directory.name}")
        return sorted(docker("ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}").split())

    def log(self, service: str) -> str:
        return "".join(docker("logs", name) for name in self.containers(service))

    def network(self, name: str) -> str:
        return f"{self.directory.name}_{name}"


def wait_healthy(container: str) -> None:
    """Until the container's own health check passes, asked here more often than the engine does; one without a check needs only to run."""
    check = inspect(container)["Config"].get("Healthcheck", {}).get("Test", ["CMD", "true"])[1:]
    deadline = time.monotonic() + HEALTHY_LIMIT_S
    while True:
        state = inspect(container)["State"]
        if state["Running"] and subprocess.run([DOCKER, "exec", container, *check], capture_output=True, check=False).returncode == 0:
            return
        if time.monotonic() > deadline or state["Status"] == "exited":
            raise AssertionError(f"{container} is not healthy: {json.dumps(state)}\n{docker('logs', container)[-4000:]}")
        time.sleep(0.2)


def set_up(log: str) -> AdminSession:
    """The first admin, by the link that the server printed, as a browser would."""
    token = re.search(r"/setup#token=([0-9a-f]{64})", log)
    assert token, log
    body = json.dumps({"token": token[1], "username": USERNAME, "password": PASSWORD}).encode()
    request = urllib.request.Request(  # noqa: S310 (its own address)
        f"{ADMIN_URL}/api/setup", body, {"Content-Type": "application/json", "Origin": ADMIN_URL}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 201
    return AdminSession(ADMIN_URL)


async def publish(llm: Llm, admin: AdminSession, server: str, name: str) -> dict[str, Any]:
    """From the first word to a live tool: made, tested in quarantine, asked for over MCP; read and approved over the admin's API."""
    await llm.call("mcpbox_create_server", name=server)
    await llm.call("mcpbox_start_server", server_id=server)
    await llm.call("mcpbox_create_tool", server_id=server, name=name, python_code=ADD)
    tested = await llm.call("mcpbox_test_code", tool_id=f"{server}__{name}", arguments={"a": 20, "b": 22})
    assert tested["result"] == 42, tested
    await llm.call("mcpbox_request_publish", tool_id=f"{server}__{name}")
    (review,) = admin.send("GET", "/reviews?state=open")["items"]
    return admin.send("POST", f"/reviews/{review['id']}/approve", {"content_hash": review["content_hash"], "comment": ""})
