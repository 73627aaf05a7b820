"""Scripts that call live tools, in a real jail: `mcpbox_run_code`."""

from __future__ import annotations

import time

import anyio
import pytest
from agent import Stage
from box import AdminSession, Box
from lan_host import LanHost
from llm import ERAS, Llm, connect

pytestmark = pytest.mark.anyio

ADD = 'async def main(a: int, b: int) -> int:\n    """Adds two numbers."""\n    return a + b\n'
SLOW = 'import asyncio\n\n\nasync def main(n: int) -> int:\n    """Waits."""\n    await asyncio.sleep(1)\n    return n\n'
KEYED = '''async def main() -> str:
    """Shows what the host echoes."""
    return (await http.get("{url}/x", headers={{"X-Key": secrets["KEY"]}})).text
'''


async def publish(box: Box, llm: Llm, server: str, **tools: str) -> Stage:
    stage = Stage(box, llm, AdminSession(box.admin_url), {"KEY": "hunter2-hunter2"})
    await llm.call("mcpbox_create_server", name=server)
    await llm.call("mcpbox_start_server", server_id=server)
    for name, code in tools.items():
        await llm.publish(box, server, name, code)
    return stage


async def run(llm: Llm, body: str, **arguments: object) -> object:
    code = f"import asyncio\n\n\nasync def main({', '.join(arguments)}):\n    {body}\n"
    return await llm.call("mcpbox_run_code", code=code, arguments=arguments)


@pytest.mark.parametrize("era", ERAS)
async def test_a_script_chains_and_gathers_calls_and_only_its_result_returns(shared: Box, era: str) -> None:
    async with connect(shared.mcp_url, era) as llm:
        server = f"script_{era}"
        await publish(shared, llm, server, add=ADD, slow=SLOW)
        chained = await run(llm, f"return await tools.{server}.add(a=await tools.{server}.add(a=1, b=2), b=n)", n=4)
        assert chained == {"result": 7}, chained
        began = time.monotonic()
        gathered = await run(llm, f"return await asyncio.gather(*(tools.{server}.slow(n=n) for n in range(5)))")
        assert gathered == {"result": [0, 1, 2, 3, 4]} and time.monotonic() - began < 4.5, "one after the other"
        refused = await llm.refused("mcpbox_run_code", code="async def main():\n    return (await http.get('http://10.99.0.1/')).text\n")
        assert refused.kind == "host_denied" and "no network of its own" in refused.answer["hint"], refused
        runs = await llm.runs(f"{server}__slow", 5)
        assert len({run["call_id"] for run in runs}) == 5, runs


async def test_a_tool_withdrawn_in_between_is_refused_from_then_on(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await publish(shared, llm, "revoked", add=ADD)
        body = (
            "first = await tools.revoked.add(a=1, b=2)\n    await asyncio.sleep(2)\n    try:\n        "
            "await tools.revoked.add(a=1, b=2)\n    except ToolError as error:\n        return [first, error.kind]"
        )
        ended: list[object] = []

        async def script() -> None:
            ended.append(await run(llm, body))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(script)
            await llm.runs("revoked__add", 1)
            async with connect(shared.mcp_url) as other:
                await other.call("mcpbox_update_tool", tool_id="revoked__add", enabled=False)
        assert ended == [{"result": [3, "not_live"]}], ended


async def test_secrets_of_a_called_tool_stay_out_of_the_script(shared: Box, lan_host: LanHost) -> None:
    async with connect(shared.mcp_url) as llm:
        stage = await publish(shared, llm, "keyed")
        await llm.call("mcpbox_create_tool", server_id="keyed", name="show", python_code=KEYED.format(url=lan_host.url))
        await llm.call("mcpbox_create_server_secret", server_id="keyed", key="KEY", hosts=[lan_host.rule])
        await llm.call("mcpbox_request_publish", tool_id="keyed__show")
        stage.act_as_human("keyed__show")
        seen = await run(llm, "return [await tools.keyed.show(), str(secrets)]")
        assert lan_host.keys[-1] == "hunter2-hunter2", "the host gets the value"
        assert "hunter2" not in str(seen) and seen["result"][1] == "{}", seen
