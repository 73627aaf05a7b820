"""Fixtures: the engine of the whole run, and one composed installation per module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from engine import ROOT, Engine

sys.path.append(str(ROOT / "scripts/story"))  # the clients of the story are used here too


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.stop()
