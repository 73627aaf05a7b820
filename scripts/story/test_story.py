"""The main job from the first word to the rollback, with a real client in both protocol eras."""

from __future__ import annotations

import pytest
from box import Box
from lan_host import LanHost
from llm import ERAS, Llm, connect

pytestmark = pytest.mark.anyio

FETCH = '''
async def main(city: str) -> dict:
    """Temperature in a city.

    Args:
        city: Name of the city.
    """
    response = await http.get("{url}/weather/" + city)
    return {{"celsius": response.json()["celsius"], "source": "v{version}"}}
'''


def fetch_code(host: LanHost, version: int) -> str:
    return FETCH.format(url=host.url, version=version)


@pytest.mark.parametrize("era", ERAS)
async def test_an_llm_makes_a_tool_a_human_approves_it_and_it_runs(box: Box, lan_host: LanHost, era: str) -> None:
    async with connect(box.mcp_url, era) as llm:
        await create_and_test(llm, box, lan_host)
        await publish_and_call(llm, box, lan_host)
        await update(llm, box, lan_host)
        await roll_back(llm, box)
    check_audit(box)


async def create_and_test(llm: Llm, box: Box, host: LanHost) -> None:
    server = await llm.call("mcpbox_create_server", name="weather_api", description="Weather")
    assert server["status"] == "stopped", server

    draft = await llm.call("mcpbox_create_tool", server_id="weather_api", name="get_weather", python_code=fetch_code(host, 1))
    assert (draft["name"], draft["version"], draft["state"]) == ("weather_api__get_weather", 1, "draft"), draft
    assert draft["input_schema"]["properties"]["city"] == {"type": "string", "description": "Name of the city."}, draft
    needs = [(need["capability"], need["request"]) for need in draft["needs"]]
    assert len(needs) == 1, draft
    capability, request = needs[0]
    assert (capability["kind"], capability["host"], capability["port"]) == ("host", "10.99.0.1", host.port), capability
    assert request["tool"] == "mcpbox_request_network_access", request

    seen = len(host.paths)
    report = await llm.call("mcpbox_test_code", tool_id="weather_api__get_weather", arguments={"city": "Oslo"})
    assert report["failure"]["kind"] == "host_denied", report
    denied = report["observed"]["hosts"]
    assert [(attempt["host"], attempt["outcome"]) for attempt in denied] == [("10.99.0.1", "denied")], report
    assert len(host.paths) == seen, "quarantine reached the host"

    mock = {"method": "GET", "url": f"{host.url}/weather/Oslo", "status": 200, "body": {"celsius": 3}}
    report = await llm.call(
        "mcpbox_test_code", tool_id="weather_api__get_weather", arguments={"city": "Oslo"}, http_mocks=[mock]
    )
    assert report["result"] == {"celsius": 3, "source": "v1"}, report

    refused = await llm.refused("mcpbox_call_tool", name="weather_api__get_weather", arguments={"city": "Oslo"})
    assert refused.kind == "not_live", refused
    assert box.cli_json("review", "list") == []


async def publish_and_call(llm: Llm, box: Box, host: LanHost) -> None:
    published = await llm.call("mcpbox_request_publish", tool_id="weather_api__get_weather", notes="for the morning")
    assert published["review_url"].startswith(box.admin_url), published
    assert [item["host"] for item in published["requested"]] == ["10.99.0.1"], published

    review = box.open_review("weather_api__get_weather")
    assert set(review) == {"id", "server", "tool", "version", "content_hash", "risk"}, review
    assert (review["server"], review["version"], review["risk"]) == ("weather_api", 1, "medium"), review
    shown = box.cli("review", "show", review["id"]).stdout
    assert f"10.99.0.1:{host.port}" in shown and "+async def main" in shown and "denied" in shown, shown
    decided = box.as_admin("review", "approve", review["id"], "--hash", review["content_hash"])
    assert "approved" in decided.stdout, decided.stdout
    assert box.cli_json("review", "list") == []

    started = await llm.call("mcpbox_start_server", server_id="weather_api")
    assert started["published"] == ["weather_api__get_weather"], started
    assert "weather_api__get_weather" in await llm.tool_names()

    expected = {"celsius": 21.5, "source": "v1"}
    assert await llm.call("weather_api__get_weather", city="Oslo") == expected
    via = await llm.call("mcpbox_call_tool", name="weather_api__get_weather", arguments={"city": "Rom"})
    assert via == expected, via
    assert await llm.call("get_weather", city="Bergen") == expected
    assert host.paths[-3:] == ["/weather/Oslo", "/weather/Rom", "/weather/Bergen"]

    found = await llm.call("mcpbox_search_tools", query="temperature city")
    assert "weather_api__get_weather" in str(found), found
    runs = await llm.runs("weather_api__get_weather", 3)
    assert [run["arguments"]["city"] for run in runs] == ["Bergen", "Rom", "Oslo"], runs
    assert len(await llm.runs("weather_api__get_weather", 2, "quarantine")) == 2
    assert len(box.cli_json("tools", "logs", "weather_api__get_weather")) == 3
    assert "21.5" in box.cli("tools", "call", "weather_api__get_weather", '{"city": "Kiel"}').stdout


async def update(llm: Llm, box: Box, host: LanHost) -> None:
    draft = await llm.call("mcpbox_update_tool", tool_id="weather_api__get_weather", python_code=fetch_code(host, 2))
    assert (draft["version"], draft["live_version"]) == (2, 1), draft
    assert (await llm.call("weather_api__get_weather", city="Oslo"))["source"] == "v1", "the old version keeps serving"
    tested = await llm.call("mcpbox_test_code", tool_id="weather_api__get_weather", arguments={"city": "Oslo"})
    assert tested["result"] == {"celsius": 21.5, "source": "v2"}, "a granted host is reachable in a test"
    await llm.call("mcpbox_request_publish", tool_id="weather_api__get_weather")
    assert (await llm.call("weather_api__get_weather", city="Oslo"))["source"] == "v1", "a pending version does not serve"
    shown = box.approve("weather_api__get_weather")
    assert '-    return {"celsius"' in shown and '+    return {"celsius"' in shown, shown
    assert (await llm.call("weather_api__get_weather", city="Oslo"))["source"] == "v2"


async def roll_back(llm: Llm, box: Box) -> None:
    versions = await llm.call("mcpbox_list_tool_versions", tool_id="weather_api__get_weather")
    assert sorted(item["version"] for item in versions["versions"]) == [1, 2], versions
    restored = await llm.call("mcpbox_rollback_tool", tool_id="weather_api__get_weather", version=1)
    assert (restored["version"], restored["restored_from"], restored["live_version"]) == (3, 1, 2), restored
    await llm.call("mcpbox_request_publish", tool_id="weather_api__get_weather")
    review = box.open_review("weather_api__get_weather")
    shown = box.cli("review", "show", review["id"]).stdout
    assert "identical to v1" in shown, shown
    assert (await llm.call("weather_api__get_weather", city="Oslo"))["source"] == "v2"
    box.approve("weather_api__get_weather")
    assert (await llm.call("weather_api__get_weather", city="Oslo"))["source"] == "v1"


def check_audit(box: Box) -> None:
    assert "intact" in box.cli("audit", "verify").stdout


async def test_a_rejected_draft_comes_back_with_the_reason(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.call("mcpbox_create_tool", server_id="maths", name="add", python_code="def main(a: int, b: int) -> int:\n    return a - b\n")
        await llm.call("mcpbox_request_publish", tool_id="maths__add")
        review = box.open_review("maths__add")
        box.as_admin("review", "reject", review["id"], "--comment", "it subtracts")
        status = await llm.call("mcpbox_get_tool_status", tool_id="maths__add")
        assert (status["state"], status["comment"], status["published"]) == ("rejected", "it subtracts", False), status


async def test_who_knows_no_password_decides_nothing(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.call("mcpbox_create_tool", server_id="maths", name="one", python_code="def main() -> int:\n    return 1\n")
        await llm.call("mcpbox_request_publish", tool_id="maths__one")
    review = box.open_review("maths__one")["id"]
    attempts = [
        ("review", "approve", review),
        ("review", "reject", review),
        ("grant", "add", "--server", "maths", "--host", "example.org"),
        ("server", "set", "maths", "--code-policy", "standard"),
        ("secret", "set", "maths", "KEY"),
    ]
    for attempt in attempts:
        wrong = box.cli(*attempt, "--username", "ada", "--password-stdin", stdin="wrong password\nvalue\n", fails=True)
        assert "wrong" in wrong.stderr.lower(), wrong.stderr
        absent = box.cli(*attempt, fails=True)
        assert "password" in absent.stderr, absent.stderr
    second = box.cli("admin", "create", "--username", "eve", "--password-stdin", stdin="another long password\n", fails=True)
    assert "exists" in second.stderr, second.stderr
    assert box.open_review("maths__one")["id"] == review


async def test_a_decision_on_a_hash_that_is_no_longer_asked_for_is_refused(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.call("mcpbox_create_tool", server_id="maths", name="one", python_code="def main() -> int:\n    return 1\n")
        await llm.call("mcpbox_request_publish", tool_id="maths__one")
    review = box.open_review("maths__one")
    stale = box.cli(
        "review", "approve", review["id"], "--hash", "0" * 64, "--username", "ada", "--password-stdin",
        stdin="correct horse battery staple\n", fails=True,
    )  # fmt: skip
    assert "changed" in stale.stderr or "hash" in stale.stderr, stale.stderr
    assert box.open_review("maths__one") == review
