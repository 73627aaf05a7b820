"""PostgreSQL instead of SQLite, by one variable: the same life."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box
from llm import connect

POSTGRES = Path(__file__).parent.parent / "postgres"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A throw-away cluster, reached by a unix socket: it needs no network."""
    directory = Path(tempfile.mkdtemp(prefix="mcpbox-story-postgres."))
    directory.chmod(0o755)
    started = subprocess.run([POSTGRES, "start", directory], capture_output=True, text=True, timeout=120, check=True)
    yield started.stdout.strip()
    subprocess.run([POSTGRES, "stop", directory], timeout=60, check=True)
    shutil.rmtree(directory)


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
