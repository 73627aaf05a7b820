"""Prompts and resources that stand beside a tool's `main`: reviewed with it, then listed, completed, got and read by a real client."""

from __future__ import annotations

import base64
import json

import pytest
from box import AdminSession, Box
from llm import connect
from mcp import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

pytestmark = pytest.mark.anyio

CODE = '''
from typing import Literal

NOTES = {"red": {1: "buy salt"}, "blue": {}}


@prompt(title="Plan a day")
def plan_day(city: str, pace: Literal["slow", "fast"] = "slow") -> str:
    """Plans a day in a city."""
    return f"Plan a {pace} day in {city}."


@resource("notes://{shelf}/{id}", mime_type="text/plain")
async def note(shelf: Literal["red", "blue"], id: int):
    """One note of a shelf."""
    return NOTES[shelf][id]


@resource("notes://all")
def everything():
    """All notes."""
    return NOTES


@resource("notes://seal")
def seal():
    """Some bytes."""
    return b"\\x00\\xff"


def main() -> int:
    """Counts the notes."""
    return sum(len(shelf) for shelf in NOTES.values())
'''


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_prompts_and_resources_are_reviewed_with_their_tool_and_used_by_clients(era: str, box: Box) -> None:
    async with connect(box.mcp_url, era) as llm:
        client = llm.client
        await llm.call("mcpbox_create_server", name="desk")
        await llm.call("mcpbox_start_server", server_id="desk")
        made = await llm.call("mcpbox_create_tool", server_id="desk", name="count", python_code=CODE)
        assert "desk__plan_day" in json.dumps(made), made
        await llm.call("mcpbox_request_publish", tool_id="desk__count")
        assert (await client.list_prompts(cache_mode="bypass")).prompts == []
        shown = box.approve("desk__count")
        assert "plan_day" in shown and "notes://{shelf}/{id}" in shown, shown
        assert await llm.call("desk__count") == {"result": 1}

        [prompt] = (await client.list_prompts(cache_mode="bypass")).prompts
        assert (prompt.name, prompt.title, prompt.description) == ("desk__plan_day", "Plan a day", "Plans a day in a city.")
        assert {(one.name, bool(one.required)) for one in prompt.arguments} == {("city", True), ("pace", False)}
        got = await client.get_prompt("desk__plan_day", {"city": "Bern", "pace": "fast"})
        assert [(one.role, one.content.text) for one in got.messages] == [("user", "Plan a fast day in Bern.")]
        guessed = await client.complete(PromptReference(name="desk__plan_day"), {"name": "pace", "value": "f"})
        assert guessed.completion.values == ["fast"]

        listed = (await client.list_resources(cache_mode="bypass")).resources
        assert sorted(str(one.uri) for one in listed) == ["notes://all", "notes://seal"]
        [template] = (await client.list_resource_templates(cache_mode="bypass")).resource_templates
        assert (template.uri_template, template.mime_type) == ("notes://{shelf}/{id}", "text/plain")
        guessed = await client.complete(ResourceTemplateReference(uri=template.uri_template), {"name": "shelf", "value": ""})
        assert guessed.completion.values == ["red", "blue"]
        assert (await client.read_resource("notes://red/1")).contents[0].text == "buy salt"
        everything = (await client.read_resource("notes://all")).contents[0]
        assert (everything.mime_type, json.loads(everything.text)["red"]) == ("application/json", {"1": "buy salt"})
        assert base64.b64decode((await client.read_resource("notes://seal")).contents[0].blob) == b"\x00\xff"

        for wrong in (
            client.get_prompt("desk__plan_day", {}),
            client.get_prompt("desk__plan_nothing", {}),
            client.read_resource("notes://green/1"),
            client.read_resource("notes://red/7"),
            client.read_resource("other://red"),
        ):
            with pytest.raises(MCPError):
                await wrong
        # Each that was found is recorded, under the function that ran.
        runs = await llm.runs("desk__count", 8)
        told = [(run.get("entry", {}).get("function", "main"), (run["failure"] or {}).get("kind")) for run in reversed(runs)]
        assert told == [
            ("main", None),
            ("plan_day", None),
            ("note", None),
            ("everything", None),
            ("seal", None),
            ("plan_day", "invalid_arguments"),
            ("note", "invalid_arguments"),
            ("note", "exception"),
        ], told

        await llm.call("mcpbox_stop_server", server_id="desk")
        assert (await client.list_prompts(cache_mode="bypass")).prompts == []
        with pytest.raises(MCPError):
            await client.read_resource("notes://all")


async def test_prompts_and_resources_are_tried_before_a_human_decides(shared: Box) -> None:
    box, admin = shared, AdminSession(shared.admin_url)

    def shown() -> dict:
        return admin.send("GET", f"/reviews/{box.open_review('trial__count')['id']}")

    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="trial")
        await llm.call("mcpbox_start_server", server_id="trial")
        await llm.call("mcpbox_create_tool", server_id="trial", name="count", python_code=CODE)

        async def tried(**what: object) -> dict:
            return await llm.call("mcpbox_test_code", tool_id="trial__count", **what)

        main = await tried()
        assert any((step.get("call") or {}).get("arguments", {}).get("prompt") == "plan_day" for step in main["next"]), main["next"]
        asked = await tried(prompt="trial__plan_day", arguments={"city": "Bern"})
        assert asked["succeeded"] and "Plan a slow day in Bern." in json.dumps(asked["result"]), asked
        read = await tried(resource="notes://red/1")
        assert read["succeeded"] and "buy salt" in json.dumps(read["result"]), read
        failed = await tried(resource="notes://{shelf}/{id}", arguments={"shelf": "red", "id": 7})
        assert failed["failure"]["kind"] == "exception", failed
        for wrong, kind, says in (
            ({"prompt": "plan_dya"}, "not_found", "plan_day"),
            ({"resource": "notes://none"}, "not_found", "notes://all"),
            ({"prompt": "plan_day"}, "invalid_arguments", "city"),
            ({"resource": "notes://green/1"}, "invalid_arguments", "shelf"),
            ({"prompt": "plan_day", "resource": "notes://all"}, "invalid_arguments", "leave one out"),
        ):
            refused = await llm.refused("mcpbox_test_code", tool_id="trial__count", **wrong)
            assert refused.kind == kind and says in json.dumps(refused.answer), (wrong, refused.answer)

        await llm.call("mcpbox_request_publish", tool_id="trial__count")
        [finding] = [one for one in shown()["findings"] if one["rule"] == "offer_never_tested"]
        assert finding["message"] == "no test ran the resource notes://all, the resource notes://seal", finding
        box.approve("trial__count")

        # What was tried is an example of that very function for what comes next.
        await llm.call("mcpbox_update_tool", tool_id="trial__count", python_code=CODE.replace("Plan a {pace} day", "A {pace} day"))
        await llm.call("mcpbox_request_publish", tool_id="trial__count")
        compared = shown()["regression"]["comparisons"]
        verdicts = {each.get("entry", {"function": "main"})["function"]: each["verdict"] for each in compared}
        assert verdicts == {"main": "same", "plan_day": "changed", "note": "same"}, compared

        tool = admin.send("GET", "/tools/trial__count")
        assert [one["name"] for one in tool["offers"]] == ["plan_day", "notes://{shelf}/{id}", "notes://all", "notes://seal"]
        again = admin.send("POST", "/tools/trial__count/call", {"prompt": "plan_day", "arguments": {"city": "Basel"}})
        assert again["succeeded"] and "Plan a slow day in Basel." in json.dumps(again["value"]), again
        [kept] = await llm.runs("trial__count", 1)
        assert kept["entry"] == {"kind": "prompt", "function": "plan_day"}, kept
