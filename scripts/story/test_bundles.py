"""One review per tool, decided whole, in part, for a time, and taken back: a real client asks, a real human decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from box import AdminSession, Box
from lan_host import LanHost
from llm import Llm, Refused, connect

pytestmark = pytest.mark.anyio

ADD = 'def main(a: int, b: int) -> int:\n    """Adds."""\n    return a + b\n'
FETCH = '''async def main(path: str) -> float:
    """Temperature at a path."""
    return (await http.get("{url}/" + path)).json()["celsius"]
'''


async def make(llm: Llm, server: str, **tools: str) -> None:
    await llm.call("mcpbox_create_server", name=server)
    await llm.call("mcpbox_start_server", server_id=server)
    for name, code in tools.items():
        await llm.call("mcpbox_create_tool", server_id=server, name=name, python_code=code)


def decide(box: Box, tool: str, **approval: Any) -> dict[str, Any]:
    """Approves the open review of a tool over REST, as the page does."""
    review = box.open_review(tool)
    return AdminSession(box.admin_url).send(
        "POST", f"/reviews/{review['id']}/approve", {"content_hash": review["content_hash"], **approval}
    )


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def until_refused(llm: Llm, tool: str, **arguments: Any) -> Refused:
    with anyio.fail_after(20):
        while True:
            try:
                await llm.call(tool, **arguments)
            except Refused as refused:
                return refused
            await anyio.sleep(0.05)


async def test_what_a_human_refuses_comes_back_with_the_reason_and_is_not_asked_for_again(box: Box, lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await make(llm, "part", fetch=FETCH.format(url=lan_host.url))
        await llm.call("mcpbox_request_network_access", tool_id="part__fetch", host="more.example", justification="a mirror")
        asked = await llm.call("mcpbox_request_publish", tool_id="part__fetch")
        assert sorted(item["host"] for item in asked["requested"]) == ["10.99.0.1", "more.example"], asked
        needed = next(item for item in asked["requested"] if item["host"] == "10.99.0.1")

        back = decide(box, "part__fetch", refused=[{"capability": needed, "reason": "ask the mirror of the office"}])
        assert back["review"]["state"] == "rejected" and not back["published"], back
        status = await llm.call("mcpbox_get_tool_status", tool_id="part__fetch")
        assert (status["state"], status["published"]) == ("rejected", False), status
        assert [item["reason"] for item in status["refused"]] == ["ask the mirror of the office"], status
        step = status["next"][0]
        assert step["call"]["tool"] == "mcpbox_update_tool" and "ask the mirror of the office" in step["step"], status

        # What it can live without is refused alone: the rest is approved.
        asked = await llm.call("mcpbox_request_publish", tool_id="part__fetch")
        spare = next(item for item in asked["requested"] if item["host"] == "more.example")
        decided = decide(box, "part__fetch", refused=[{"capability": spare, "reason": "one is enough"}])
        assert decided["review"]["state"] == "approved" and decided["published"], decided
        assert await llm.call("part__fetch", path="Oslo") == {"result": 21.5}
        status = await llm.call("mcpbox_get_tool_status", tool_id="part__fetch")
        assert "one is enough" in str(status), status


async def test_a_grant_that_ends_while_the_tool_is_in_use_stops_it_and_can_be_asked_for_again(box: Box, lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await make(llm, "brief", fetch=FETCH.format(url=lan_host.url))
        asked = await llm.call("mcpbox_request_publish", tool_id="brief__fetch")
        terms = [{"capability": asked["requested"][0], "expires_at": in_seconds(3)}]
        assert decide(box, "brief__fetch", terms=terms)["published"]
        assert await llm.call("brief__fetch", path="Oslo") == {"result": 21.5}
        reached = len(lan_host.paths)
        refused = await until_refused(llm, "brief__fetch", path="Oslo")
        assert refused.kind == "not_live" and "10.99.0.1" in refused.answer["message"], refused
        assert "brief__fetch" not in await llm.tool_names(), "clients no longer see it"
        seen = len(lan_host.paths)
        assert seen >= reached
        again = await llm.refused("mcpbox_call_tool", name="brief__fetch", arguments={"path": "Oslo"})
        assert len(lan_host.paths) == seen, "the host is out of reach"

        call = again.answer["next"]
        asked = await llm.call(call["tool"], **call["arguments"])
        assert [item["host"] for item in asked["requested"]] == ["10.99.0.1"], asked
        box.approve("brief__fetch")
        assert await llm.call("brief__fetch", path="Rom") == {"result": 21.5}
    assert "grant.expire" in [event["action"] for event in AdminSession(box.admin_url).send("GET", "/audit")["items"]]
    assert "intact" in box.cli("audit", "verify").stdout


async def test_a_grant_given_at_the_terminal_has_an_end_too(box: Box, lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await make(llm, "typed", fetch=FETCH.format(url=lan_host.url))
        add = ("grant", "add", "--server", "typed", "--host", lan_host.rule, "--until")
        assert "12h" in box.cli(*add, "soon", "--username", "ada", "--password-stdin", stdin="x\n", fails=True).stderr
        past = box.cli(*add, in_seconds(-60), "--username", "ada", "--password-stdin", stdin="correct horse battery staple\n", fails=True)
        assert "passed already" in past.stderr, past.stderr
        shown = box.as_admin(*add, in_seconds(3)).stdout
        assert "until 2" in shown and "UTC" in shown, shown
        asked = await llm.call("mcpbox_request_publish", tool_id="typed__fetch")
        assert asked["requested"] == [], "it is granted already"
        box.approve("typed__fetch")
        assert await llm.call("typed__fetch", path="Oslo") == {"result": 21.5}
        await until_refused(llm, "typed__fetch", path="Oslo")
        assert "until 2" in box.as_admin(*add, "7d").stdout
        assert await llm.call("typed__fetch", path="Oslo") == {"result": 21.5}


async def test_an_approval_taken_back_withdraws_the_tool_and_what_it_was_granted(box: Box, lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await make(llm, "regret", fetch=ADD)
        await llm.call("mcpbox_request_publish", tool_id="regret__fetch")
        box.approve("regret__fetch")
        await llm.call("mcpbox_update_tool", tool_id="regret__fetch", python_code=FETCH.format(url=lan_host.url))
        asked = await llm.call("mcpbox_request_publish", tool_id="regret__fetch")
        box.approve("regret__fetch")
        assert await llm.call("regret__fetch", path="Oslo") == {"result": 21.5}

        admin = AdminSession(box.admin_url)
        admin.send("POST", f"/reviews/{asked['review_id']}/revoke", {"comment": "the office forbids it"})
        assert await llm.call("regret__fetch", a=1, b=2) == {"result": 3}, "the version before serves again"
        granted = (await llm.call("mcpbox_get_tool", tool_id="regret__fetch"))["grants"]
        assert [grant["state"] for grant in granted] == ["revoked"], granted
        status = await llm.call("mcpbox_get_tool_status", tool_id="regret__fetch")
        assert "the office forbids it" in str(status), status
        again = admin.refused("POST", f"/reviews/{asked['review_id']}/revoke", {"comment": "twice"})
        assert again["status"] == 409, again
    assert "intact" in box.cli("audit", "verify").stdout


async def test_a_decision_on_what_changed_since_is_a_409_that_says_what_changed(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await make(llm, "stale", add=ADD)
        asked = await llm.call("mcpbox_request_publish", tool_id="stale__add")
        await llm.call("mcpbox_request_network_access", tool_id="stale__add", host="late.example", justification="later")
        admin = AdminSession(box.admin_url)
        for verb in ("approve", "reject"):
            body = {"content_hash": asked["content_hash"], "comment": ""}
            problem = admin.refused("POST", f"/reviews/{asked['review_id']}/{verb}", body)
            assert problem["status"] == 409 and problem["type"] == "stale", problem
            assert [item["host"] for item in problem["changes"]["added"]] == ["late.example"], problem
            assert "what it asks for" in problem["changes"]["sentence"] or "late.example" in problem["changes"]["sentence"], problem
        assert box.open_review("stale__add")["id"] == asked["review_id"], "nothing was decided"
        assert decide(box, "stale__add")["published"]
        decided = admin.refused("POST", f"/reviews/{asked['review_id']}/approve", {"content_hash": asked["content_hash"]})
        assert decided["status"] == 409 and decided["decided"]["by"]["name"] == "ada", decided


async def test_the_same_again_is_the_same_review_and_a_client_can_only_open_so_many(box: Box) -> None:
    admin = AdminSession(box.admin_url)
    admin.send("PUT", "/settings", admin.send("GET", "/settings") | {"open_requests_per_client": 2})
    async with connect(box.mcp_url) as llm:
        await make(llm, "many", one=ADD, two=ADD, three=ADD)
        first = await llm.call("mcpbox_request_publish", tool_id="many__one")
        again = await llm.call("mcpbox_request_publish", tool_id="many__one")
        assert (again["review_id"], again["content_hash"], again["was_open"]) == (first["review_id"], first["content_hash"], True), again
        for _ in range(2):
            await llm.call("mcpbox_request_network_access", tool_id="many__two", host="x.example", justification="data")
        reviews = box.cli_json("review", "list")
        assert sorted(item["tool"] for item in reviews) == ["many__one", "many__two"], reviews

        full = await llm.refused("mcpbox_request_publish", tool_id="many__three")
        assert full.kind == "rate_limited" and full.answer["human"] == f"{box.admin_url}/approvals", full
        call = full.answer["next"]
        pending = await llm.call(call["tool"], **call["arguments"])
        assert pending["total"] == 2, pending
        box.approve("many__one")
        assert not (await llm.call("mcpbox_request_publish", tool_id="many__three"))["was_open"]
