"""Servers that speak HTTP+SSE, the transport before streamable HTTP: found out or said, called like any, let go of."""

from __future__ import annotations

import anyio
import pytest
from box import AdminSession, Box
from llm import Refused, connect
from source_servers import everything, fast
from test_sources import TOKEN, add, bring, until

pytestmark = pytest.mark.anyio


async def test_old_servers_are_spoken_to_over_http_and_sse_said_or_found_out(shared: Box) -> None:
    with everything("sse") as found_out, fast(TOKEN, path="sse") as said:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "old", found_out.url)
            await bring(shared, llm, "old", "echo", "trigger-long-running-operation")
            told = await llm.client.call_tool("old__echo", {"message": "hello"})
            assert told.content[0].text == "Echo: hello", told
            heard: list[float] = []

            async def hear(done: float, _total: float | None, _message: str | None) -> None:
                heard.append(done)

            await llm.client.call_tool(
                "old__trigger_long_running_operation", {"duration": 1, "steps": 4}, progress_callback=hear
            )
            assert heard and heard == sorted(heard), heard

            bearer = {"auth_type": "bearer", "auth_secret_name": "OLD_TOKEN"}
            await add(shared, llm, "said", said.url, transport_type="sse", **bearer)
            other = await llm.refused(
                "mcpbox_add_external_source", server_id="said", name="there", url=said.url, transport_type="streamable_http", **bearer
            )
            assert other.kind == "conflict", "what a human allowed says how it is spoken to"
            admin = AdminSession(shared.admin_url)
            admin.send("PUT", "/servers/said/secrets/OLD_TOKEN/value", {"value": "wrong-" + TOKEN})
            refused = await llm.refused("mcpbox_discover_external_tools", source_id="said/there")
            assert refused.kind == "unavailable" and "401" in refused.answer["message"], refused
            admin.send("PUT", "/servers/said/secrets/OLD_TOKEN/value", {"value": TOKEN})
            await anyio.sleep(1.1)  # a failed connection is not tried again before that
            await bring(shared, llm, "said", "weather", "echo_secret", "fail")
            assert (await llm.call("said__weather", city="Bern"))["celsius"] == 21.5
            told = await llm.client.call_tool("said__echo_secret", {})
            assert told.content[0].text == "you said [secret OLD_TOKEN]", told
            failed = await llm.refused("said__fail")
            assert failed.kind == "exception" and "the shelf is empty" in failed.answer["message"], failed
            said.change()

            async def withheld() -> bool:
                await llm.call("mcpbox_discover_external_tools", source_id="said/there")
                return "said__weather" not in await llm.tool_names()

            await until(withheld, "what changed is withheld")
    assert TOKEN not in shared.log.read_text(), "the log"


async def test_an_old_server_that_dies_comes_back_and_one_that_may_no_longer_be_reached_is_let_go_of(box: Box) -> None:
    with fast() as quick, fast(path="sse") as hangs, fast(path="sse") as taken_back:
        async with connect(box.mcp_url) as llm:
            for name, there in (("quick", quick), ("hangs", hangs), ("taken", taken_back)):
                await add(box, llm, name, there.url)
                await bring(box, llm, name, "weather")

            with fast(path="sse") as dies:
                await add(box, llm, "dies", dies.url)
                await bring(box, llm, "dies", "slow", "weather")
                async with anyio.create_task_group() as calls:

                    async def broken() -> None:
                        refused = await llm.refused("dies__slow", seconds=60)
                        assert refused.kind == "unavailable" and "not known" in str(refused.answer), refused

                    calls.start_soon(broken)
                    await anyio.sleep(1)
                    dies.process.kill()
            [source] = (await llm.call("mcpbox_list_external_sources", server_id="dies"))["sources"]
            assert source["health"] == "failing", "nobody called it since"
            with fast(port=dies.port, path="sse"):

                async def back() -> bool:
                    try:
                        return (await llm.call("dies__weather", city="Bern"))["celsius"] == 21.5
                    except Refused:
                        return False

                await until(back, "it is back")

            admin = AdminSession(box.admin_url)
            approved = admin.send("GET", "/grants?state=approved")["items"]
            [grant] = [grant for grant in approved if grant["capability"].get("url") == taken_back.url]
            assert taken_back.connections(), "its stream is open"
            admin.send("POST", f"/grants/{grant['id']}/revoke", {"content_hash": grant["content_hash"]})

            async def noticed() -> bool:
                assert (await llm.call("quick__weather", city="Bern"))["celsius"] == 21.5
                [source] = (await llm.call("mcpbox_list_external_sources", server_id="hangs"))["sources"]
                return source["health"] == "failing" and taken_back.connections() == 0

            with hangs.hanging(), anyio.fail_after(90):
                while not await noticed():
                    await anyio.sleep(0.5)
            assert (await llm.call("hangs__weather", city="Bern"))["celsius"] == 21.5, "it is there again"
