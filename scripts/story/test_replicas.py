"""A team's installation on one machine: an admin, two gateways and two sandbox workers on PostgreSQL. Whatever dies, what was
acknowledged stays and calls go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from box import AdminSession, Box
from llm import Llm, Refused, connect
from test_storage import postgres_url  # noqa: F401 (a fixture)
from test_workers import ADD, new_key, until
from worker import Worker

pytestmark = pytest.mark.anyio

# When a test gives up. What is asked for is a second; the figure is printed, for this machine may be busy.
GIVE_UP_S = 15.0


class Team:
    def __init__(self, directory: Path, database: str) -> None:
        sandbox_key = new_key()
        self.workers = [Worker(directory / f"worker{number}", sandbox_key).start() for number in range(2)]
        env = {
            "DATABASE_URL": database,
            "MCPBOX_ENCRYPTION_KEY": new_key(),
            "MCPBOX_SANDBOX_KEY": sandbox_key,
            "MCPBOX_SANDBOX_URL": ",".join(worker.url for worker in self.workers),
        }
        self.admin = Box(directory / "admin", env)
        self.gateways = [Box(directory / f"gateway{number}", env) for number in range(2)]
        self.admin.start("--role", "admin")
        self.admin.create_admin()
        for gateway in self.gateways:
            gateway.start("--role", "gateway", "--admin-url", self.admin.admin_url)

    def stop(self) -> None:
        for part in [*self.gateways, self.admin, *self.workers]:
            if part.process is not None:
                part.stop()

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[tuple[Llm, Llm]]:
        async with connect(self.gateways[0].mcp_url) as first, connect(self.gateways[1].mcp_url) as second:
            yield first, second


@pytest.fixture
def team(tmp_path: Path, postgres_url: str) -> Iterator[Team]:  # noqa: F811
    team = Team(tmp_path, postgres_url)
    yield team
    team.stop()


async def test_parts_open_their_own_doors_and_hold_only_what_they_need(team: Team) -> None:
    assert set(team.admin.ready) == {"admin_url", "setup_url", "pid"} and team.admin.ready["setup_url"]
    for gateway in team.gateways:
        assert gateway.ready["admin_url"] == team.admin.admin_url and not gateway.ready["setup_url"]
        assert not (gateway.data_dir / "mcpbox.db").exists()
        assert "no mcpbox server runs" in gateway.cli("review", "list", fails=True).stderr, "decisions are made elsewhere"
    for worker in team.workers:
        environment = Path(f"/proc/{worker.process.pid}/environ").read_text()
        assert "DATABASE_URL" not in environment and "ENCRYPTION" not in environment
        assert not list(worker.data_dir.glob("*.key")) and not list(worker.data_dir.glob("*.db"))


async def test_what_is_decided_at_one_is_known_at_all(team: Team) -> None:
    async with team.clients() as (first, second):
        await first.call("mcpbox_create_server", name="maths")
        await first.call("mcpbox_start_server", server_id="maths")
        await first.call("mcpbox_create_tool", server_id="maths", name="add", python_code=ADD)
        async with second.client.listen(tools_list_changed=True) as changes:
            await second.call("mcpbox_request_publish", tool_id="maths__add")
            review = team.admin.open_review("maths__add")["id"]
            team.admin.approve("maths__add")
            with anyio.fail_after(GIVE_UP_S):
                await anext(aiter(changes))
        assert "maths__add" in await second.tool_names()
        for llm in (first, second):
            assert await llm.call("maths__add", a=20, b=22) == {"result": 42}
        # The older era has no sessions here: each request may come to another gateway.
        async with connect(team.gateways[0].mcp_url, "legacy") as older:
            assert await older.call("maths__add", a=1, b=1) == {"result": 2}

        took: list[float] = []
        admin = AdminSession(team.admin.admin_url)
        revoked = await anyio.to_thread.run_sync(lambda: (admin.send("POST", f"/reviews/{review}/revoke", {"comment": ""}), time.monotonic())[1])
        async with anyio.create_task_group() as calling:
            for llm in (first, second):
                calling.start_soon(wait_until_gone, llm, revoked, took)
        assert max(took) < GIVE_UP_S, took
        print(f"revoked everywhere {max(took) * 1000:.0f} ms after the answer")


async def wait_until_gone(llm: Llm, since: float, took: list[float]) -> None:
    """Notes how long after `since` calls of the tool began to be refused."""
    with anyio.fail_after(20):
        while True:
            try:
                await llm.call("maths__add", a=1, b=1)
            except Refused:
                took.append(time.monotonic() - since)
                return


async def test_a_gateway_and_a_worker_die_and_nothing_that_was_acknowledged_is_lost(team: Team) -> None:
    acknowledged: list[str] = []
    answers: list[float] = []
    failures: list[str] = []
    async with connect(team.gateways[0].mcp_url) as first, anyio.create_task_group() as load:
        await first.call("mcpbox_create_server", name="maths")
        await first.call("mcpbox_start_server", server_id="maths")
        await first.publish(team.admin, "maths", "add", ADD)

        async def write() -> None:
            try:
                async with connect(team.gateways[1].mcp_url) as second:
                    for number in range(10_000):
                        await second.call("mcpbox_create_tool", server_id="maths", name=f"t{number}", python_code=ADD)
                        acknowledged.append(f"maths__t{number}")
            except* Exception:  # noqa: BLE001 (its gateway died)
                assert team.gateways[1].process is None

        async def use() -> None:
            while True:
                try:
                    assert await first.call("maths__add", a=20, b=22) == {"result": 42}
                    answers.append(time.monotonic())
                except Refused as refused:
                    failures.append(refused.kind)
                await anyio.sleep(0.005)

        writing = asyncio.create_task(write())
        load.start_soon(use)
        await until(lambda: len(acknowledged) > 10 and len(answers) > 10, 30)
        team.gateways[1].kill()
        team.workers[0].kill()
        died = time.monotonic()
        await until(lambda: bool(answers) and answers[-1] > died + 3, 30)
        assert len(failures) <= 2, failures  # what ran on the worker when it died
        await asyncio.wait_for(writing, 30)
        load.cancel_scope.cancel()
    async with connect(team.gateways[0].mcp_url) as llm:
        known, cursor = set(), {}
        while cursor is not None:
            page = await llm.call("mcpbox_list_tools", server_id="maths", **cursor)
            known |= {tool["name"] for tool in page["tools"]}
            cursor = {"cursor": page["next_cursor"]} if page.get("next_cursor") else None
    assert not set(acknowledged) - known, sorted(set(acknowledged) - known)
    assert "intact" in team.admin.cli("audit", "verify").stdout
