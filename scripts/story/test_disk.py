"""A disk that fills up: clients are told, nothing is corrupted, published tools run, and room is all it takes to go on."""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torture_check as check
from box import PREPARED, AdminSession, Box
from llm import Refused
from mcp_http import call

DISK = Path(os.environ["MCPBOX_SMALL_DISK"])
ADD = "def main(a: int) -> int:\n    return a + 1\n# {filler}\n"


@pytest.fixture
def cramped() -> Iterator[Box]:
    """A server whose data directory is on the small disk."""
    data_dir = DISK / "data"
    data_dir.mkdir(mode=0o700)
    (data_dir / "runtime").symlink_to(PREPARED / "runtime")  # complete, so only read
    box = Box(data_dir, {"DATABASE_URL": ""})  # this is about SQLite's disk
    box.log = Path(os.environ.get("TMPDIR", "/tmp")) / f"mcpbox-cramped-{os.getpid()}.log"
    yield box
    if box.process is not None:
        box.stop()
    box.log.unlink(missing_ok=True)
    for left in DISK.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def fill(left: int) -> Path:
    """Takes all room but `left` bytes."""
    ballast = DISK / "ballast"
    free = os.statvfs(DISK).f_bavail * os.statvfs(DISK).f_frsize
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - left, 1))
    return ballast


def set_reserve(admin: AdminSession, megabytes: int) -> None:
    settings = admin.send("GET", "/settings")
    admin.send("PUT", "/settings", settings | {"storage": settings["storage"] | {"reserve_mb": megabytes}})


def test_a_full_disk_is_told_corrupts_nothing_and_recovers(cramped: Box) -> None:
    cramped.start()
    cramped.create_admin()
    admin = AdminSession(cramped.admin_url)
    url = cramped.mcp_url
    with pytest.raises(Refused) as refused:  # the disk is smaller than the reserve
        call(url, "mcpbox_create_server", name="work")
    assert refused.value.kind == "storage_full" and refused.value.answer["hint"] and refused.value.answer["human"]
    assert admin.send("GET", "/storage")["is_low"]
    set_reserve(admin, 0)
    call(url, "mcpbox_create_server", name="work")
    call(url, "mcpbox_start_server", server_id="work")
    call(url, "mcpbox_create_tool", server_id="work", name="add", python_code=ADD.format(filler=""))
    call(url, "mcpbox_request_publish", tool_id="work__add")
    cramped.approve("work__add")

    acknowledged: list[str] = []
    kinds: Counter[str] = Counter()
    full = threading.Event()
    ballast = fill(left=3_000_000)

    def burst(worker: int) -> None:
        for number in range(2_000):
            name = f"t{worker}_{number}"
            try:
                call(url, "mcpbox_create_tool", server_id="work", name=name, python_code=ADD.format(filler="x" * 20_000))
                acknowledged.append(f"work__{name}")
            except Refused as refused:
                kinds[refused.kind] += 1
                if kinds["storage_full"] >= 20:
                    full.set()
            if full.is_set():
                return

    threads = [threading.Thread(target=burst, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert full.is_set() and set(kinds) == {"storage_full"} and acknowledged, (kinds, len(acknowledged))
    for number in range(20):
        assert call(url, "work__add", a=number) == {"result": number + 1}, "published tools run"
    problem = admin.refused("POST", "/servers", {"name": "another" * 4, "description": "x" * 3_000})
    assert (problem["status"], problem["type"]) == (507, "storage_full"), problem
    check.whole(cramped.data_dir / "mcpbox.db")

    ballast.unlink()
    call(url, "mcpbox_create_tool", server_id="work", name="after", python_code=ADD.format(filler=""))
    stored = check.tools(cramped).keys()
    assert stored >= {"work__after", *acknowledged}, {*acknowledged} - stored
    assert "intact" in cramped.cli("audit", "verify").stdout
    check.whole(cramped.data_dir / "mcpbox.db")
    print(f"{len(acknowledged)} creates acknowledged before the disk was full; records of {admin.send('GET', '/storage')['lost_records']} calls lost")


def test_below_the_reserve_humans_still_decide(cramped: Box) -> None:
    cramped.start()
    cramped.create_admin()
    admin = AdminSession(cramped.admin_url)
    set_reserve(admin, 20)
    url = cramped.mcp_url
    call(url, "mcpbox_create_server", name="work")
    call(url, "mcpbox_start_server", server_id="work")
    call(url, "mcpbox_create_tool", server_id="work", name="add", python_code=ADD.format(filler=""))
    call(url, "mcpbox_request_publish", tool_id="work__add")
    ballast = fill(left=15_000_000)
    with pytest.raises(Refused) as refused:
        call(url, "mcpbox_update_tool", tool_id="work__add", description="another")
    assert refused.value.kind == "storage_full"
    cramped.approve("work__add")
    assert call(url, "work__add", a=1) == {"result": 2}
    ballast.unlink()
    call(url, "mcpbox_update_tool", tool_id="work__add", description="another")
