"""Which database the servers of a test run use: SQLite, or with MCPBOX_TEST_DATABASE=postgres a schema each in one PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POSTGRES = Path(__file__).parent.parent / "postgres"

_cluster: str | None = None
_numbers = itertools.count(1)


@contextmanager
def cluster() -> Iterator[str]:
    """A throw-away cluster, reached by a unix socket: it needs no network."""
    directory = Path(tempfile.mkdtemp(prefix="mcpbox-story-postgres."))
    directory.chmod(0o755)
    started = subprocess.run([POSTGRES, "start", directory], capture_output=True, text=True, timeout=120, check=True)
    try:
        yield started.stdout.strip()
    finally:
        subprocess.run([POSTGRES, "stop", directory], timeout=60, check=True)
        shutil.rmtree(directory)


@contextmanager
def of_this_run() -> Iterator[None]:
    """Makes what `settings` hands out."""
    global _cluster
    if os.environ.get("MCPBOX_TEST_DATABASE", "sqlite") == "sqlite":
        yield
        return
    with cluster() as _cluster:
        yield


def settings() -> dict[str, str]:
    """The variables that give a server a database of its own."""
    if _cluster is None:
        return {}
    schema = f"box{next(_numbers)}"
    subprocess.run(["psql", "--quiet", "--dbname", _cluster, "--command", f"CREATE SCHEMA {schema}"], timeout=60, check=True)
    return {"DATABASE_URL": f"{_cluster}&options[search_path]={schema}"}
