"""Faults under load, at moments that a seed chooses. `scripts/torture` runs more rounds of the same.

Every fault is a function of the deployment it belongs to; it hurts, and leaves the deployment serving again."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torture_check as check
from box import Box
from database import POSTGRES
from llm import Refused
from mcp_http import Lost, call
from test_replicas import Team
from torture_load import EFFECT, SERVER, CounterService, Load

LONG = bool(os.environ.get("MCPBOX_LONG"))
ROUNDS = int(os.environ.get("MCPBOX_TORTURE_ROUNDS", "8" if LONG else "0"))
# Without a number of rounds: so many faults, chosen by the seed.
FEW = 2
SEED = int(os.environ.get("MCPBOX_TORTURE_SEED", "1"))
LIMIT_S = 60


def prepare(admin: Box, mcp_url: str, world: CounterService) -> str:
    """A running server with the tool whose effects are counted, and room for what the load makes."""
    rest = check.session(admin)
    settings = rest.send("GET", "/settings")
    storage = settings["storage"] | {"tools_per_server": 10_000}
    rest.send("PUT", "/settings", settings | {"open_requests_per_client": 10_000, "storage": storage})
    call(mcp_url, "mcpbox_create_server", name=SERVER)
    call(mcp_url, "mcpbox_start_server", server_id=SERVER)
    tool = f"{SERVER}__effect"
    call(mcp_url, "mcpbox_create_tool", server_id=SERVER, name="effect", python_code=EFFECT.format(rule=world.rule))
    host, port = world.rule.split(":")
    call(mcp_url, "mcpbox_request_network_access", tool_id=tool, host=host, port=int(port), justification="counts")
    call(mcp_url, "mcpbox_request_publish", tool_id=tool)
    admin.approve(tool)
    assert call(mcp_url, tool, n=0) == {"result": 200}
    return tool


def serves(mcp_url: str, tool: str) -> None:
    """Waits until calls are answered again."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            call(mcp_url, tool, n=random.randrange(10**15, 10**16))
            return
        except (Lost, Refused) as error:
            assert time.monotonic() < deadline, f"it does not recover: {error}"
            time.sleep(0.1)


def kill_zygotes_of(pid: int) -> None:
    """Kills every Python of a server or worker."""
    for child, line in children(pid).items():
        if "zygote" in line:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass


def children(pid: int) -> dict[int, str]:
    box = Box(Path("/nowhere"))
    box.process = type("Running", (), {"pid": pid})()  # only its id is asked for
    return box.children()


def exhaust_fds_of(pid: int, pause: Callable[[], None]) -> None:
    """Takes away all file descriptors that are not open yet, for a while."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    opened = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened, before[1]))
    pause()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


class OneBox:
    """All in one process, on SQLite."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.faults = {f.__name__: f for f in (self.kill_server, self.kill_zygotes, self.exhaust_fds)}

    @property
    def admin(self) -> Box:
        return self.box

    def mcp_urls(self) -> list[str]:
        return [self.box.mcp_url]

    def servers(self) -> set[int]:
        return {self.box.process.pid}

    def kill_server(self, _pause: Callable[[], None]) -> None:
        processes = set(self.box.children())
        self.box.kill()
        check.gone(processes)
        self.box.start()

    def kill_zygotes(self, _pause: Callable[[], None]) -> None:
        kill_zygotes_of(self.box.process.pid)

    def exhaust_fds(self, pause: Callable[[], None]) -> None:
        exhaust_fds_of(self.box.process.pid, pause)

    def stop(self) -> set[int]:
        processes = set(self.box.children())
        self.box.stop()
        return processes


class ATeam:
    """Admin, two gateways and two workers, on PostgreSQL."""

    def __init__(self, team: Team, postgres: Path) -> None:
        self.team, self.postgres = team, postgres
        faults = (self.kill_gateway, self.kill_admin, self.kill_worker, self.kill_zygotes, self.exhaust_fds, self.restart_postgres)
        self.faults = {f.__name__: f for f in faults}
        self.chosen = random.Random(SEED)

    @property
    def admin(self) -> Box:
        return self.team.admin

    def mcp_urls(self) -> list[str]:
        return [gateway.mcp_url for gateway in self.team.gateways]

    def servers(self) -> set[int]:
        return {part.process.pid for part in (self.admin, *self.team.gateways, *self.team.workers)}

    def kill_gateway(self, _pause: Callable[[], None]) -> None:
        gateway = self.chosen.choice(self.team.gateways)
        gateway.kill()
        gateway.start("--role", "gateway", "--admin-url", self.admin.admin_url)

    def kill_admin(self, _pause: Callable[[], None]) -> None:
        self.admin.kill()
        self.admin.start("--role", "admin")

    def kill_worker(self, _pause: Callable[[], None]) -> None:
        worker = self.chosen.choice(self.team.workers)
        processes = set(children(worker.process.pid))
        worker.kill()
        check.gone(processes)
        worker.start()

    def kill_zygotes(self, _pause: Callable[[], None]) -> None:
        for worker in self.team.workers:
            kill_zygotes_of(worker.process.pid)

    def exhaust_fds(self, pause: Callable[[], None]) -> None:
        """Of a gateway or a worker."""
        exhaust_fds_of(self.chosen.choice([*self.team.gateways, *self.team.workers]).process.pid, pause)

    def restart_postgres(self, pause: Callable[[], None]) -> None:
        """As after a crash of the database's machine: nothing is asked to end."""
        postmaster = int((self.postgres / "data/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        check.gone({postmaster})
        pause()
        subprocess.run([POSTGRES, "start", self.postgres], capture_output=True, timeout=120, check=True)

    def stop(self) -> set[int]:
        processes = {pid for worker in self.team.workers for pid in children(worker.process.pid)}
        self.team.stop()
        return processes


@pytest.fixture
def world() -> Iterator[CounterService]:
    service = CounterService()
    yield service
    service.close()


def torture(deployment: OneBox | ATeam, world: CounterService) -> None:
    """Rounds of one fault each, in an order that the seed gives; all faults come before one comes again."""
    chance = random.Random(SEED)
    tool = prepare(deployment.admin, deployment.mcp_urls()[0], world)
    servers = deployment.servers()
    load = Load(deployment.mcp_urls, lambda: deployment.admin.admin_url, SEED)
    for number in range(max(ROUNDS, 1)):
        names = chance.sample(sorted(deployment.faults), len(deployment.faults) if ROUNDS else FEW)
        for name in names:
            moment = chance.uniform(0.5, 2.0)
            try:
                load.start(tool)
                time.sleep(moment)
                deployment.faults[name](lambda: time.sleep(1))
                servers |= deployment.servers()
                for url in deployment.mcp_urls():
                    serves(url, tool)
                time.sleep(0.3)
                load.stop()
                told = check.everything(deployment.admin, deployment.mcp_urls()[0], load.oracle, world)
            except AssertionError as error:
                repeat = f"scripts/torture --seed {SEED} --rounds {number + 1}"
                raise AssertionError(f"round {number + 1}, {name} after {moment:.2f} s of load; again with: {repeat}\n{error}") from error
            print(f"round {number + 1} {name:<16} after {moment:.2f} s: {told}; refused: {dict(load.oracle.refused)}")
    check.gone(deployment.stop())
    assert not check.cgroups(servers), "control groups are left over"


def test_nothing_acknowledged_is_lost_in_one_process_on_sqlite(box: Box, world: CounterService) -> None:
    torture(OneBox(box), world)


def test_nothing_acknowledged_is_lost_by_a_team_on_postgresql(tmp_path: Path, world: CounterService) -> None:
    directory = Path(tempfile.mkdtemp(prefix="mcpbox-torture-postgres."))
    directory.chmod(0o755)
    try:
        started = subprocess.run([POSTGRES, "start", directory], capture_output=True, text=True, timeout=120, check=True)
        # What is acknowledged must survive the database's sudden end, which the clusters of other tests need not.
        team = Team(tmp_path, started.stdout.strip() + "&options=-c%20synchronous_commit%3Don")
        try:
            torture(ATeam(team, directory), world)
        finally:
            team.stop()
    finally:
        subprocess.run([POSTGRES, "stop", directory], timeout=60, check=True)
        shutil.rmtree(directory)
