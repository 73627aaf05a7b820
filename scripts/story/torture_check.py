"""What must hold after a fault: nothing acknowledged is lost, nothing is half done, no effect happened twice, nothing is left over."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from box import AdminSession, Box
from mcp_http import call
from torture_load import SERVER, CounterService, Oracle, State

CALLED_MAX = 5


def everything(admin: Box, mcp_url: str, oracle: Oracle, world: CounterService) -> str:
    """Checks all of it; gives a line of figures."""
    stored = tools(admin)
    for name, known in oracle.tools.items():
        seen = stored.get(name, State())
        assert known.allows(seen), f"{name} is {seen}, but {known.acknowledged} was acknowledged (asked for: {known.attempted})"
        known.acknowledged, known.attempted = seen, None
    live = [(name, state.live) for name, state in stored.items() if state.live and name in oracle.tools][-CALLED_MAX:]
    for name, version in live:
        assert call(mcp_url, name, a=1) == {"result": 1 + version}, f"{name} runs another version than {version}"
    secrets = {item["key"] for item in pages(admin, f"/servers/{SERVER}/secrets") if item["has_value"]}
    assert oracle.secrets.keys() <= secrets, f"lost secrets: {oracle.secrets.keys() - secrets}"
    twice = {effect: count for effect, count in world.effects.items() if count > 1 and effect.isdigit()}
    assert not twice, f"effects that happened more than once: {twice}"
    missing = oracle.called - world.effects.keys()
    assert not missing, f"effects that were acknowledged but did not happen: {missing}"
    assert "intact" in admin.cli("audit", "verify").stdout
    if (database := admin.data_dir / "mcpbox.db").exists():
        whole(database)
    return f"{len(oracle.tools)} tools, {oracle.writes} versions, {len(oracle.secrets)} secrets, {len(oracle.called)} of {oracle.sent} calls acknowledged, {oracle.lost} answers lost"


def session(admin: Box) -> AdminSession:
    return AdminSession(admin.admin_url)


def tools(admin: Box) -> dict[str, State]:
    """All tools that are stored."""
    return {item["name"]: State(item["newest_version"], item["live_version"]) for item in pages(admin, "/tools")}


def pages(admin: Box, path: str) -> Iterator[dict[str, Any]]:
    """All items of a list."""
    rest, page, last = session(admin), 1, 1
    while page <= last:
        told = rest.send("GET", f"{path}?page={page}&page_size=100")
        yield from told["items"]
        page, last = page + 1, told["pages"]


def whole(database: Path) -> None:
    """The file itself, read beside the server."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.close()


def gone(processes: set[int], limit_s: float = 10) -> None:
    """Processes end with the server they belong to."""
    deadline = time.monotonic() + limit_s
    while left := {pid for pid in processes if is_alive(pid)}:
        assert time.monotonic() < deadline, f"left over: { {pid: command(pid) for pid in left} }"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"


def cgroups(servers: set[int]) -> set[str]:
    """Control groups that these processes made."""
    names = tuple(f"mcpbox-{pid}-" for pid in servers)
    return {path for path, *_ in os.walk("/sys/fs/cgroup") if Path(path).name.startswith(names)}
