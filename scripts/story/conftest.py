"""Fixtures: a fresh server per test, one shared server where a test leaves nothing behind, and the host on the LAN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import database
import pytest
from box import Box
from lan_host import LanHost


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", metavar="N/M", default="1/1", help="only the Nth of every M files")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part, parts = (int(number) for number in config.getoption("--part").split("/"))
    files = list(dict.fromkeys(item.path for item in items))
    chosen = set(files[part - 1 :: parts])
    config.hook.pytest_deselected(items=[item for item in items if item.path not in chosen])
    items[:] = [item for item in items if item.path in chosen]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def databases() -> Iterator[None]:
    with database.of_this_run():
        yield


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Box]:
    """A server on an empty data directory, not started."""
    box = Box(tmp_path / "data")
    yield box
    if box.process is not None:
        box.stop()


@pytest.fixture
def box(fresh: Box) -> Box:
    """A running server with an admin, of this test alone."""
    fresh.start()
    fresh.create_admin()
    return fresh


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A running server with an admin, for tests that use names of their own."""
    box = Box(tmp_path_factory.mktemp("shared") / "data").start()
    box.create_admin()
    yield box
    box.stop()


@pytest.fixture(scope="session")
def lan_host() -> Iterator[LanHost]:
    host = LanHost()
    yield host
    host.close()
