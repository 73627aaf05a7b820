"""A clock that jumps: what has an end has ended, whatever the clock says later, and calls are timed by another clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from box import AdminSession, Box
from lan_host import LanHost
from llm import Refused
from mcp_http import call

LIBRARY = next((path for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
FETCH = 'async def main() -> int:\n    return (await http.get("{url}/x")).status_code\n'
ADD = "def main(a: int) -> int:\n    return a + 1\n"


class Clock:
    """What the server takes for the time: ours and an offset, in a file that is read again for each look at the clock."""

    def __init__(self, box: Box, file: Path) -> None:
        assert LIBRARY, "libfaketime is not installed; run: apt-get install faketime"
        self._file = file
        self.jump("+0")
        box.env |= {
            "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
        }  # fmt: skip

    def jump(self, offset: str) -> None:
        self._file.write_text(offset)


@pytest.fixture
def clock(fresh: Box, tmp_path: Path) -> Clock:
    clock = Clock(fresh, tmp_path / "faketime")
    fresh.start()
    fresh.create_admin()
    return clock


def test_what_has_ended_stays_so_and_calls_go_on(fresh: Box, clock: Clock, lan_host: LanHost) -> None:
    url = fresh.mcp_url
    call(url, "mcpbox_create_server", name="work")
    call(url, "mcpbox_start_server", server_id="work")
    for name, code in (("fetch", FETCH.format(url=lan_host.url)), ("add", ADD)):
        call(url, "mcpbox_create_tool", server_id="work", name=name, python_code=code)
    host, port = lan_host.rule.split(":")
    call(url, "mcpbox_request_network_access", tool_id="work__fetch", host=host, port=int(port), justification="tests")
    for name in ("fetch", "add"):
        call(url, "mcpbox_request_publish", tool_id=f"work__{name}")
    fresh.approve("work__add")
    admin = AdminSession(fresh.admin_url)
    review = fresh.open_review("work__fetch")
    shown = admin.send("GET", f"/reviews/{review['id']}")
    asked = [item for item in shown["review"]["requested"] if "host" in str(item)]
    end = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    needs = shown["approval_needs"]
    admin.send("POST", f"/reviews/{review['id']}/approve", {
        "content_hash": shown["review"]["content_hash"], "comment": "", "acknowledged": needs["acknowledge"], "tool_name": needs["tool_name"],
        "terms": [{"capability": item, "expires_at": end} for item in asked],
    })  # fmt: skip
    assert call(url, "work__fetch") == {"result": 200}

    clock.jump("-3d")  # back: nothing ends, nothing is refused that was allowed
    assert call(url, "work__add", a=1) == {"result": 2}
    assert call(url, "work__fetch") == {"result": 200}
    clock.jump("+400d")
    with pytest.raises(Refused) as refused:
        call(url, "work__fetch")
    assert refused.value.kind in ("not_live", "host_denied"), refused.value
    assert call(url, "work__add", a=1) == {"result": 2}
    assert admin.refused("GET", "/reviews")["status"] == 401, "the session has ended"
    time.sleep(1)  # it is noted as ended
    clock.jump("+0")
    with pytest.raises(Refused):
        call(url, "work__fetch")
    assert call(url, "work__add", a=1) == {"result": 2}
    assert "intact" in fresh.cli("audit", "verify").stdout
