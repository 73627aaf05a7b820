"""deploy/compose.yaml as an operator meets it: one command, the main job through the published ports, death and return, and who gets in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from compose import ADMIN_URL, KNOCK, MCP_URL, Compose, publish, set_up, wait_healthy
from box import AdminSession
from engine import docker, inspect, python_in, remove_all
from llm import connect

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    compose = Compose("compose.yaml", tmp_path_factory.mktemp("one"))
    compose.up()
    yield compose
    remove_all()


async def test_one_command_serves_the_main_job_and_a_killed_container_loses_nothing(one: Compose) -> None:
    (container,) = one.containers()
    log = one.log("mcpbox")
    assert "Tier 1" in log and "WARNING" not in log, log
    gateway = next(iter(inspect(container)["NetworkSettings"]["Networks"].values()))["Gateway"]
    assert f"OPEN on 0.0.0.0:8000 without login to this machine and every program behind {gateway}/32" in log, log
    admin = set_up(log)
    async with connect(MCP_URL) as llm:
        await publish(llm, admin, "maths", "add")
        assert await llm.call("maths__add", a=20, b=22) == {"result": 42}
        await llm.call("mcpbox_create_tool", server_id="maths", name="waits", python_code="async def main() -> int:\n    return 1\n")
        await llm.call("mcpbox_request_publish", tool_id="maths__waits")

    docker("kill", "--signal", "KILL", container)
    docker("start", container)
    with anyio.fail_after(60):
        await anyio.to_thread.run_sync(wait_healthy, container)
    async with connect(MCP_URL, "legacy") as llm:
        assert await llm.call("maths__add", a=1, b=2) == {"result": 3}
    admin = AdminSession(ADMIN_URL)
    assert [review["tool"] for review in admin.send("GET", "/reviews?state=open")["items"]] == ["maths__waits"]
    assert "intact" in docker("exec", container, "mcpbox", "audit", "verify")
    assert inspect(container)["Config"]["Healthcheck"]["Test"] == ["CMD", "mcpbox", "health"]
    with anyio.fail_after(60):  # from the wheels in the image: there is no network here
        while not admin.send("GET", "/sandbox")["base_ready"]:
            await anyio.sleep(0.1)


def test_the_process_has_no_rights_and_nothing_to_write_but_its_data(one: Compose) -> None:
    (container,) = one.containers()
    program = "import glob; print(next(open(f).read() for f in glob.glob('/proc/[0-9]*/status') if 'Name:\\tmcpbox' in open(f).read()))"
    status = dict(line.split(":\t", 1) for line in python_in(container, program).splitlines() if ":\t" in line)
    assert status["Uid"].split() == ["10001"] * 4 and status["Gid"].split() == ["10001"] * 4, status
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0, (kind, status[kind])
    assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2"), status
    for path in ("/probe", "/usr/local/bin/probe", "/etc/probe", "/home/probe"):
        assert "Read-only file system" in python_in(container, f"open({path!r}, 'w')", fails=True)
    assert python_in(container, "import os; print(oct(os.stat('/data').st_mode & 0o777))").strip() == "0o700"
    assert "operation not permitted" in docker("exec", "--user", "0", container, "chown", "1", "/data", fails=True).lower()


def test_strangers_are_hung_up_on_whatever_they_say(one: Compose) -> None:
    (container,) = one.containers()
    (network,) = inspect(container)["NetworkSettings"]["Networks"].values()
    for port in (3000, 8000):
        knock = ["--entrypoint", "python3", "--network", one.network("default"), "mcpbox:local", "-I", "-c", KNOCK, network["IPAddress"], str(port)]
        assert docker("run", "--rm", *knock).strip() == "closed", f"a neighbour reached port {port}"
        assert python_in(container, KNOCK.replace("sys.argv[1], int(sys.argv[2])", f"'127.0.0.1', {port}")).startswith("HTTP/1.1 ")
    log = one.log("mcpbox")
    assert "MCPBOX_MCP_CLIENTS" in log and "MCPBOX_ADMIN_CLIENTS" in log, log
    rebound = subprocess.run(
        ["curl", "--silent", "--header", "Host: rebound.example", MCP_URL.replace("/mcp", "/health")], capture_output=True, text=True, check=True
    ).stdout
    assert "MCPBOX_MCP_URL" in rebound, rebound
    ports = inspect(container)["NetworkSettings"]["Ports"]
    published = {port: bindings for port, bindings in ports.items() if bindings}
    assert set(published) == {"3000/tcp", "8000/tcp"}
    assert all(binding["HostIp"] == "127.0.0.1" for bindings in published.values() for binding in bindings), published


def test_a_port_published_to_the_lan_by_mistake_still_serves_nobody_there(one: Compose) -> None:
    settings = [word for port in (3000, 8000) for word in ("--publish", f"0.0.0.0:1{port}:{port}")]
    settings += ["--env", "MCPBOX_MCP_ADDR=0.0.0.0:8000", "--env", "MCPBOX_MCP_CLIENTS=published-port"]
    settings += ["--env", "MCPBOX_ADMIN_ADDR=0.0.0.0:3000", "--env", "MCPBOX_ADMIN_CLIENTS=published-port,192.0.2.0/24"]
    seccomp = one.directory / "seccomp.json"
    container = docker("run", "--detach", "--rm", "--security-opt", f"seccomp={seccomp}", *settings, "mcpbox:local").strip()
    try:
        wait_healthy(container)
        # A second machine, which reaches this one over a wire.
        for line in (
            "ip netns add lan", "ip link add wire type veth peer name eth0 netns lan", "ip address add 192.0.2.1/24 dev wire",
            "ip link set wire up", "ip -n lan address add 192.0.2.2/24 dev eth0", "ip -n lan link set eth0 up",
        ):  # fmt: skip
            subprocess.run(line.split(), check=True)
        answers = {}
        for port in ("13000", "18000"):
            command = ["ip", "netns", "exec", "lan", "python3", "-I", "-c", KNOCK, "192.0.2.1", port]
            answers[port] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        assert answers["18000"] == "closed", answers
        assert answers["13000"].startswith("HTTP/1.1 "), "the admin page was told to serve that network, and the wire is there"
        assert "192.0.2.2" in docker("logs", container), "the connection came, and was refused"
    finally:
        subprocess.run(["ip", "netns", "delete", "lan"], check=False)
        docker("rm", "--force", container)


@pytest.mark.parametrize("profile", ["ours", "the engine's", "none"])
def test_the_tier_inside(profile: str, one: Compose, record_property: pytest.RecordProperty) -> None:
    options = ["--user", "10001:10001", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--read-only", "--tmpfs", "/tmp"]
    if profile == "ours":
        options += ["--security-opt", f"seccomp={one.directory / 'seccomp.json'}"]
    if profile == "none":
        options += ["--security-opt", "seccomp=unconfined"]
    printed = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", *options, "mcpbox:local", "doctor", "--json"], capture_output=True, text=True, check=False
    ).stdout
    checks = {check["layer"]: check for check in json.loads(printed)["checks"]}
    tier = checks["tier"]["got"]
    print(f"\nseccomp profile {profile}: {tier}")
    record_property("tier", tier)
    expected = "Tier 2" if profile == "the engine's" else "Tier 1"
    assert tier.startswith(expected), checks


def test_a_listener_opens_only_when_it_is_said_for_whom() -> None:
    refused = docker("run", "--rm", "--env", "MCPBOX_MCP_ADDR=0.0.0.0:8000", "mcpbox:local", fails=True)
    assert "MCPBOX_MCP_CLIENTS=published-port" in refused, refused
    wide = ["--env", "MCPBOX_MCP_ADDR=0.0.0.0:8000", "--env", "MCPBOX_MCP_CLIENTS=0.0.0.0/0"]
    assert "is not private" in docker("run", "--rm", *wide, "mcpbox:local", fails=True)
    alone = ["--env", "MCPBOX_MCP_ADDR=0.0.0.0:8000", "--env", "MCPBOX_MCP_CLIENTS=published-port"]
    assert "there is none" in docker("run", "--rm", "--network", "none", *alone, "mcpbox:local", fails=True)
