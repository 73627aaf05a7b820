"""PostgreSQL instead of SQLite, by one variable: the same life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from box import Box
from database import cluster
from llm import connect


@pytest.fixture
def postgres_url() -> Iterator[str]:
    with cluster() as url:
        yield url


@pytest.mark.anyio
async def test_everything_survives_a_restart_on_postgresql(fresh: Box, postgres_url: str) -> None:
    fresh.env["DATABASE_URL"] = postgres_url
    fresh.start()
    fresh.create_admin()
    async with connect(fresh.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.publish(fresh, "maths", "add", "def main(a: int, b: int) -> int:\n    return a + b\n")
        await llm.call("mcpbox_start_server", server_id="maths")
        assert await llm.call("maths__add", a=20, b=22) == {"result": 42}
    fresh.stop()
    assert not list(fresh.data_dir.glob("mcpbox.db*")), "nothing is stored in SQLite"
    fresh.start()
    async with connect(fresh.mcp_url) as llm:
        assert await llm.call("maths__add", a=1, b=2) == {"result": 3}
        assert len(await llm.runs("maths__add", 2)) == 2
    assert "intact" in fresh.cli("audit", "verify").stdout
    assert "PostgreSQL" in fresh.log.read_text() and "postgres://" in fresh.cli("doctor").stdout
