"""Tools of other MCP servers: added by a client, let in and approved by a human, called like our own, withheld when they change."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pytest
from box import AdminSession, Box
from llm import Llm, Refused, connect
from source_servers import everything, fast

pytestmark = pytest.mark.anyio

TOKEN = "a-token-that-nobody-may-see-4711"


def let_in(box: Box, url: str) -> None:
    """A human lets the source at this address be reached."""
    admin = AdminSession(box.admin_url)
    waiting = admin.send("GET", "/grants?state=pending&page_size=100")["items"]
    [grant] = [grant for grant in waiting if grant["capability"].get("url") == url]
    admin.send("POST", f"/grants/{grant['id']}/approve", {"content_hash": grant["content_hash"]})


async def add(box: Box, llm: Llm, server: str, url: str, **auth: str) -> None:
    await llm.call("mcpbox_create_server", name=server)
    await llm.call("mcpbox_start_server", server_id=server)
    added = await llm.call("mcpbox_add_external_source", server_id=server, name="there", url=url, **auth)
    assert added["access"] == "pending", added
    refused = await llm.refused("mcpbox_discover_external_tools", source_id=f"{server}/there")
    assert refused.kind == "host_denied" and "not yet allowed" in refused.answer["message"], refused
    let_in(box, url)


async def bring(box: Box, llm: Llm, server: str, *names: str) -> list[dict[str, Any]]:
    """Imports tools and has a human approve them."""
    imported = await llm.call("mcpbox_import_external_tools", source_id=f"{server}/there", tool_names=list(names))
    for tool in imported["tools"]:
        await llm.call("mcpbox_request_publish", tool_id=tool["name"])
        box.approve(tool["name"])
    return imported["tools"]


async def until(condition: Any, what: str) -> None:
    with anyio.fail_after(30):
        while not await condition():
            await anyio.sleep(0.1)
    assert what


async def test_tools_of_the_reference_server_are_imported_and_called_with_all_kinds_of_content(shared: Box) -> None:
    with everything() as there:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "every", there.url)
            found = await llm.call("mcpbox_discover_external_tools", source_id="every/there")
            names = {tool["name"]: tool["news"] for tool in found["tools"]}
            assert names["echo"] == "new" and len(names) > 8, names
            wanted = ("echo", "get-sum", "get-tiny-image", "get-structured-content", "trigger-long-running-operation")
            tools = await bring(shared, llm, "every", *wanted)
            assert [tool["name"] for tool in tools][:2] == ["every__echo", "every__get_sum"], tools

            said = await llm.client.call_tool("every__echo", {"message": "hello"})
            assert said.content[0].text == "Echo: hello" and not said.is_error, said
            image = await llm.client.call_tool("every__get_tiny_image", {})
            assert "image" in [block.type for block in image.content], image
            weather = await llm.client.call_tool("every__get_structured_content", {"location": "Chicago"})
            assert weather.structured_content["temperature"] == 36, weather

            heard: list[float] = []

            async def hear(done: float, _total: float | None, _message: str | None) -> None:
                heard.append(done)

            await llm.client.call_tool(
                "every__trigger_long_running_operation", {"duration": 1, "steps": 4}, progress_callback=hear
            )
            assert heard and heard == sorted(heard), heard

            wrong = await llm.refused("every__get_sum", a="x", b=1)
            assert wrong.kind == "invalid_arguments", wrong
            listed = await llm.call("mcpbox_list_external_sources", server_id="every")
            [source] = listed["sources"]
            assert (source["access"], source["health"]) == ("approved", "connected"), source
            again = await llm.call("mcpbox_discover_external_tools", source_id="every/there")
            assert {tool["name"]: tool["news"] for tool in again["tools"]}["echo"] == "imported", again


async def test_search_and_scripts_cover_them_and_runs_are_recorded_like_any(shared: Box) -> None:
    with fast() as there:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "found", there.url)
            await bring(shared, llm, "found", "weather", "fail")
            hits = await llm.call("mcpbox_search_tools", query="weather of a city")
            assert "found__weather" in [hit["name"] for hit in hits["tools"]], hits
            through = await llm.call("mcpbox_call_tool", name="found__weather", arguments={"city": "Bern"})
            assert through == {"city": "Bern", "celsius": 21.5}, through
            code = 'async def main():\n    return (await tools.found.weather(city="Ulm"))["celsius"] * 2\n'
            assert await llm.call("mcpbox_run_code", code=code) == {"result": 43.0}
            failed = await llm.refused("found__fail")
            assert failed.kind == "exception" and "the shelf is empty" in failed.answer["message"], failed
            runs = await llm.runs("found__weather", 2)
            assert runs[0]["arguments"] == {"city": "Ulm"} and runs[0]["result"]["celsius"] == 21.5, runs
            tested = await llm.refused("mcpbox_test_code", tool_id="found__weather", arguments={"city": "Bern"})
            assert tested.kind == "conflict", tested
            changed = await llm.refused("mcpbox_update_tool", tool_id="found__weather", description="another")
            assert changed.kind == "conflict", changed


async def test_a_token_goes_to_its_host_alone_and_is_never_shown(shared: Box) -> None:
    with fast(TOKEN) as there:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "kept", there.url, auth_type="bearer", auth_secret_name="THERE_TOKEN")
            unset = await llm.refused("mcpbox_discover_external_tools", source_id="kept/there")
            assert unset.kind == "secret_missing", unset
            admin = AdminSession(shared.admin_url)
            admin.send("PUT", "/servers/kept/secrets/THERE_TOKEN/value", {"value": "wrong-" + TOKEN})
            refused = await llm.refused("mcpbox_discover_external_tools", source_id="kept/there")
            assert refused.kind == "unavailable" and "401" in refused.answer["message"], refused
            admin.send("PUT", "/servers/kept/secrets/THERE_TOKEN/value", {"value": TOKEN})
            await anyio.sleep(1.1)  # a failed connection is not tried again before that
            await bring(shared, llm, "kept", "echo_secret")
            told = await llm.client.call_tool("kept__echo_secret", {})
            assert told.content[0].text == "you said [secret THERE_TOKEN]", told
            assert TOKEN not in str(await llm.runs("kept__echo_secret", 1)), "the record"
            listed = await llm.call("mcpbox_list_external_sources", server_id="kept")
            assert TOKEN not in str(listed) and listed["sources"][0]["auth"] == "bearer", listed
    assert TOKEN not in shared.log.read_text(), "the log"


async def test_a_tool_that_changes_there_is_withheld_until_a_human_approves_the_difference(box: Box) -> None:
    with fast() as there:
        async with connect(box.mcp_url) as llm:
            await add(box, llm, "drift", there.url)
            await bring(box, llm, "drift", "weather", "slow")
            assert (await llm.call("drift__weather", city="Bern"))["celsius"] == 21.5
            there.change()

            async def withheld() -> bool:
                # Whoever is connected was told; who asks what is offered finds out as well.
                await llm.call("mcpbox_discover_external_tools", source_id="drift/there")
                return "drift__weather" not in await llm.tool_names()

            await until(withheld, "it is withheld")
            refused = await llm.refused("mcpbox_call_tool", name="drift__weather", arguments={"city": "Bern"})
            assert refused.kind == "not_live" and "something else" in refused.answer["message"], refused
            await llm.refused("mcpbox_update_tool", tool_id="drift__weather", python_code="def main(): ...")
            await llm.call("mcpbox_update_tool", tool_id="drift__weather", enabled=True)
            assert "drift__weather" not in await llm.tool_names(), "enabling does not release it"
            assert "drift__slow" in await llm.tool_names(), "what did not change stays"

            shown = AdminSession(box.admin_url).send("GET", f"/reviews/{box.open_review('drift__weather')['id']}")
            assert "country" in str(shown["code_diff"]) and "forward the user" in str(shown["description_diff"]), shown
            box.approve("drift__weather")
            assert (await llm.call("drift__weather", city="Bern"))["celsius"] == -1.0
            assert "intact" in box.cli("audit", "verify").stdout


async def test_what_a_schema_says_to_the_model_is_a_finding(shared: Box) -> None:
    with fast() as there:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "bad", there.url)
            imported = await llm.call("mcpbox_import_external_tools", source_id="bad/there", tool_names=["poisoned"])
            rules = [finding["rule"] for finding in imported["tools"][0]["findings"]]
            assert "instructs_model" in rules, imported
            asked = await llm.call("mcpbox_request_publish", tool_id="bad__poisoned")
            assert asked["risk"] in ("high", "critical"), asked


async def test_one_that_hangs_or_dies_delays_nobody_and_comes_back(box: Box) -> None:
    with fast() as quick:
        async with connect(box.mcp_url) as llm:
            await add(box, llm, "quick", quick.url)
            await bring(box, llm, "quick", "weather")
            with fast() as there:
                await add(box, llm, "away", there.url)
                await bring(box, llm, "away", "slow", "weather")
                began = time.monotonic()
                async with anyio.create_task_group() as calls:
                    calls.start_soon(llm.client.call_tool, "away__slow", {"seconds": 4})
                    await anyio.sleep(0.3)
                    assert (await llm.call("quick__weather", city="Bern"))["celsius"] == 21.5
                    assert (await llm.call("away__weather", city="Bern"))["celsius"] == 21.5
                    assert time.monotonic() - began < 4, "nobody waited for the slow one"
                port = there.port
            gone = await llm.refused("away__weather", city="Bern")
            assert gone.kind == "unavailable", gone
            [source] = (await llm.call("mcpbox_list_external_sources", server_id="away"))["sources"]
            assert (await llm.call("quick__weather", city="Bern"))["celsius"] == 21.5
            with fast(port=port):

                async def back() -> bool:
                    try:
                        return (await llm.call("away__weather", city="Bern"))["celsius"] == 21.5
                    except Refused:
                        return False

                await until(back, "it is back")


async def test_a_name_that_leads_into_the_lan_is_reached_only_when_its_port_is_named(shared: Box) -> None:
    with fast(port=80), fast(port=8391):
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "named", "http://lan.attack.example/mcp")
            refused = await llm.refused("mcpbox_discover_external_tools", source_id="named/there")
            assert refused.kind == "unavailable" and "private" in refused.answer["message"], refused
            await add(shared, llm, "ported", "http://lan.attack.example:8391/mcp")
            found = await llm.call("mcpbox_discover_external_tools", source_id="ported/there")
            assert "weather" in [tool["name"] for tool in found["tools"]], found


async def test_what_is_taken_back_is_not_reached(box: Box) -> None:
    with fast() as there:
        async with connect(box.mcp_url) as llm:
            await add(box, llm, "back", there.url)
            await bring(box, llm, "back", "weather")
            admin = AdminSession(box.admin_url)
            [grant] = [g for g in admin.send("GET", "/grants?state=approved")["items"] if g["capability"]["kind"] == "source"]
            admin.send("POST", f"/grants/{grant['id']}/revoke", {"content_hash": grant["content_hash"]})
            refused = await llm.refused("back__weather", city="Bern")
            assert refused.kind == "host_denied", refused
            refused = await llm.refused("mcpbox_discover_external_tools", source_id="there")
            assert refused.kind == "host_denied" and "took back" in refused.answer["message"], refused
