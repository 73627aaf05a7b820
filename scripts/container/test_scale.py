"""deploy/compose.scale.yaml: one admin, two gateways behind a balancer, two workers, PostgreSQL. What each part can reach, and what is
lost when a gateway and a worker die under load."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from compose import KNOCK, MCP_URL, Compose, publish, set_up
from engine import docker, inspect, python_in, remove_all
from llm import connect

pytestmark = pytest.mark.anyio

# Everything of a process that could hold a database's address or a key: its environment, its files.
SECRETS = """
import os, pathlib
print(sorted(name for name in os.environ if "DATABASE" in name or "ENCRYPTION" in name))
print(sorted(path.name for path in pathlib.Path("/run/secrets").iterdir()))
print(sorted(path.name for path in pathlib.Path("/data").iterdir() if path.suffix in (".key", ".db")))
"""


# What the tunnel's program would ask, and what comes back: of the address that it is told to lead to, as the public name.
THROUGH_TUNNEL = """
import http.client, json, socket
gateways = sorted({found[4][0] for found in socket.getaddrinfo("mcpbox", 8002, type=socket.SOCK_STREAM)})
print(json.dumps(gateways))
for gateway in gateways:
    for path in ("/.well-known/oauth-authorization-server", "/mcp", "/api/session"):
        connection = http.client.HTTPConnection(gateway, 8002, timeout=5)
        headers = {"Host": "box.example.com", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        print(answer.status, answer.read().decode()[:2000].replace("\\n", " "))
"""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    compose = Compose("compose.scale.yaml", tmp_path_factory.mktemp("team"))
    subprocess.run([compose.directory / "make-secrets"], check=True, stdout=subprocess.DEVNULL)
    settings = "MCPBOX_PUBLIC_URL=https://box.example.com\nREMOTE_TUNNEL_TOKEN=a-token\nCOMPOSE_PROFILES=remote\n"
    (compose.directory / ".env").write_text(settings)
    compose.up()
    yield compose
    remove_all()


def address(container: str, network: str) -> str:
    networks = inspect(container)["NetworkSettings"]["Networks"]
    return next(facts["IPAddress"] for name, facts in networks.items() if name.endswith(f"_{network}"))


def knock(container: str, host: str, port: int) -> str:
    return python_in(container, KNOCK.replace("sys.argv[1], int(sys.argv[2])", f"{host!r}, {port}")).strip()


def leaves(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [text for inner in error.exceptions for text in leaves(inner)]
    return [f"{type(error).__name__}: {error}"[:200]]


async def until(holds: Callable[[], bool], limit_s: float) -> None:
    with anyio.fail_after(limit_s):
        while not holds():
            await anyio.sleep(0.02)


async def test_a_gateway_and_a_worker_die_and_calls_go_on_through_the_balancer(team: Compose) -> None:
    gateways = team.containers("gateway")
    assert len(gateways) == 2, gateways
    admin = set_up(team.log("admin"))
    answers: list[float] = []
    failures: list[list[str]] = []
    async with connect(MCP_URL) as llm:
        await publish(llm, admin, "maths", "add")

    async def use() -> None:
        while True:
            try:
                async with connect(MCP_URL) as llm:  # a connection goes with its gateway; the next one finds another
                    while True:
                        assert await llm.call("maths__add", a=20, b=22) == {"result": 42}
                        answers.append(time.monotonic())
                        await anyio.sleep(0.2)  # within the rate limit
            except* Exception as broken:  # noqa: BLE001 (whatever it is, it is counted)
                failures.append(leaves(broken))
                await anyio.sleep(0.2)

    using = asyncio.create_task(use())
    try:
        await until(lambda: len(answers) > 5, 30)
        await anyio.to_thread.run_sync(lambda: docker("kill", gateways[0], team.containers("sandbox-1")[0]))
        died = time.monotonic()
        await until(lambda: len([at for at in answers if at > died + 3]) > 5, 30)
    finally:
        using.cancel()
        await asyncio.gather(using, return_exceptions=True)
    pause = max(later - earlier for earlier, later in pairwise(answers))
    print(f"\na gateway and a worker died: {len(failures)} of {len(answers)} calls failed, {pause:.1f} s passed without an answer at most")
    assert len(failures) <= 5, failures
    await anyio.to_thread.run_sync(lambda: docker("start", gateways[0], team.containers("sandbox-1")[0]))
    assert "intact" in docker("exec", team.containers("admin")[0], "mcpbox", "audit", "verify")


def test_a_worker_holds_neither_database_nor_key_and_reaches_neither_database_nor_admin(team: Compose) -> None:
    (worker,), (admin,), (postgres,) = team.containers("sandbox-2"), team.containers("admin"), team.containers("postgres")
    assert "Tier 1" in docker("logs", worker)
    environment, secrets, files = python_in(worker, SECRETS).splitlines()
    assert (environment, secrets, files) == ("[]", "['sandbox_key']", "[]")
    assert set(inspect(worker)["NetworkSettings"]["Networks"]) == {team.network("sandbox")}

    assert knock(worker, "postgres", 5432).startswith("unreachable"), "the name is unknown there"
    assert knock(worker, address(postgres, "database"), 5432).startswith("unreachable"), "and no route leads to it"
    assert knock(admin, "postgres", 5432) == "closed", "though it listens"

    # The network that they share: the listeners hang up before they read a byte.
    assert knock(worker, address(admin, "sandbox"), 3000) == "closed"
    for gateway in team.containers("gateway"):
        assert knock(worker, address(gateway, "sandbox"), 8000) == "closed"
        assert knock(worker, address(gateway, "mcp"), 8000).startswith("unreachable")
        assert knock(gateway, address(worker, "sandbox"), 8001).startswith("HTTP/1.1 401"), "a worker wants its key"
        assert knock(gateway, "127.0.0.1", 3000).startswith("unreachable"), "a gateway opens no admin door"
        assert knock(gateway, address(admin, "sandbox"), 3000) == "closed"


def test_a_tunnel_beside_them_reaches_the_remote_listener_of_every_gateway_and_nothing_else(team: Compose) -> None:
    (tunnel,), (worker,), (admin,) = team.containers("cloudflared-remote"), team.containers("sandbox-2"), team.containers("admin")
    assert set(inspect(tunnel)["NetworkSettings"]["Networks"]) == {team.network("remote")}
    first, *answers = python_in(tunnel, THROUGH_TUNNEL).splitlines()
    gateways = sorted(address(gateway, "remote") for gateway in team.containers("gateway"))
    assert json.loads(first) == gateways and len(gateways) == 2, first
    assert len(answers) == 6, answers
    for metadata, endpoint, other in (answers[:3], answers[3:]):
        assert metadata.startswith("200 ") and '"issuer":"https://box.example.com"' in metadata, metadata
        assert endpoint.startswith("401 ") and other.startswith("404 "), (endpoint, other)
    for gateway in team.containers("gateway"):
        assert knock(tunnel, address(gateway, "remote"), 8000) == "closed", "the endpoint without a login"
        assert knock(worker, address(gateway, "sandbox"), 8002) == "closed", "workers are no tunnel"
        assert "remote       https://box.example.com/mcp" in docker("logs", gateway)
    assert knock(tunnel, "admin", 3000).startswith("unreachable")
    assert knock(tunnel, address(admin, "ui"), 3000).startswith("unreachable")


def test_only_the_admin_page_and_the_balancer_are_published_and_every_part_is_locked_down(team: Compose) -> None:
    published: set[str] = set()
    for container in team.containers():
        facts = inspect(container)
        bindings = [binding for found in (facts["NetworkSettings"]["Ports"] or {}).values() for binding in found or []]
        published |= {f"{binding['HostIp']}:{binding['HostPort']}" for binding in bindings}
        host = facts["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and "no-new-privileges:true" in host["SecurityOpt"], container
        if facts["Config"]["Image"].startswith("mcpbox:"):
            assert facts["Config"]["User"] == "10001:10001" and not host["CapAdd"] and not host["Privileged"], container
        secrets = [mount for mount in facts["Mounts"] if mount["Destination"].startswith("/run/secrets/")]
        assert all(not mount["RW"] for mount in secrets), secrets
        assert "postgres://" not in str(facts["Config"]["Env"]), "secrets come as files"
    assert published == {"127.0.0.1:3000", "127.0.0.1:8000"}
