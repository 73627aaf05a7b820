"""Tools that ask the user of the client: reviewed like any tool, then asked by real clients of both eras, and what must not work."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from box import Box
from llm import ERAS, MODERN_VERSION, Llm
from mcp import Client, MCPError
from mcp.types import ElicitResult

pytestmark = pytest.mark.anyio

ROOM = '''
async def main(lamp: str) -> str:
    """Switches a lamp in a room that the user names."""
    room = await ctx.elicit("Which room?", {"room": ["kitchen", "bath"], "level": {"type": "integer", "minimum": 1, "maximum": 9}})
    if not room:
        return f"nothing: {room.action}"
    if room["level"] > 5:
        sure = await ctx.elicit(f"Really that bright in the {room['room']}?")
        if not sure.accepted:
            return "left dark"
    return f"{lamp} in {room['room']} at {room['level']}"
'''

CAREFUL = '''
async def main() -> str:
    """Asks when it can."""
    try:
        answer = await ctx.elicit("Go on?")
    except ctx.CannotAsk as error:
        return f"not asked: {error.kind}"
    return answer.action
'''

FICKLE = '''
import random

async def main() -> str:
    """Asks something else each time."""
    await ctx.elicit(f"Is it {random.random()}?")
    return "asked"
'''

NOSY = '''
async def main() -> str:
    """Asks for what nobody may ask for."""
    return (await ctx.elicit("Log in", {"password": str})).action
'''


class Person:
    """Answers from a list, and remembers what was asked."""

    def __init__(self, *answers: ElicitResult) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    async def __call__(self, _: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        return self.answers.pop(0)


def accept(**content: Any) -> ElicitResult:
    return ElicitResult(action="accept", content=content)


@asynccontextmanager
async def talk(url: str, era: str, person: Person | None = None) -> Any:
    mode = "legacy" if era == "legacy" else "auto"
    async with Client(url, mode=mode, elicitation_callback=person) as client:
        assert (client.protocol_version == MODERN_VERSION) == (era == "modern")
        yield Llm(client)


@pytest.fixture(scope="module")
async def asking(shared: Box) -> Box:
    async with talk(shared.mcp_url, "modern") as llm:
        await llm.call("mcpbox_create_server", name="ask")
        await llm.call("mcpbox_start_server", server_id="ask")
        for name, code in {"room": ROOM, "careful": CAREFUL, "fickle": FICKLE, "nosy": NOSY}.items():
            await llm.publish(shared, "ask", name, code)
    return shared


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_asks_and_goes_on_with_the_answer(asking: Box, era: str) -> None:
    person = Person(accept(room="bath", level=3))
    async with talk(asking.mcp_url, era, person) as llm:
        assert await llm.call("ask__room", lamp="lamp 1") == {"result": "lamp 1 in bath at 3"}
        [asked] = person.asked
        assert asked.message == "Which room?"
        assert list(asked.requested_schema["properties"]) == ["room", "level"]
        assert asked.requested_schema["required"] == ["room", "level"]

        # Through the tool that calls tools, for clients with an old list; two questions, the second of which knows the first.
        person.answers = [accept(room="kitchen", level=9), accept()]
        called = await llm.call("mcpbox_call_tool", name="ask__room", arguments={"lamp": "lamp 2"})
        assert called == {"result": "lamp 2 in kitchen at 9"}
        assert [asked.message for asked in person.asked[1:]] == ["Which room?", "Really that bright in the kitchen?"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_may_say_no(asking: Box, era: str) -> None:
    person = Person(ElicitResult(action="decline"), ElicitResult(action="cancel"), accept(room="bath", level=9), ElicitResult(action="decline"))
    async with talk(asking.mcp_url, era, person) as llm:
        assert await llm.call("ask__room", lamp="a") == {"result": "nothing: decline"}
        assert await llm.call("ask__room", lamp="a") == {"result": "nothing: cancel"}
        assert await llm.call("ask__room", lamp="a") == {"result": "left dark"}
        assert person.answers == []


@pytest.mark.parametrize("era", ERAS)
async def test_an_answer_that_does_not_fit_is_asked_for_again(asking: Box, era: str) -> None:
    person = Person(accept(room="cellar", level=3), accept(room="bath"), accept(room="bath", level=1, more="ignored"))
    async with talk(asking.mcp_url, era, person) as llm:
        assert await llm.call("ask__room", lamp="a") == {"result": "a in bath at 1"}
        assert len(person.asked) == 3


@pytest.mark.parametrize("era", ERAS)
async def test_without_a_client_that_asks_the_tool_hears_why(asking: Box, era: str) -> None:
    async with talk(asking.mcp_url, era) as llm:
        assert await llm.call("ask__careful") == {"result": "not asked: cannot_ask"}
        refused = await llm.refused("ask__room", lamp="a")
        assert "cannot_ask" in str(refused) and "elicitation" in str(refused) and "in the chat" in str(refused), refused


@pytest.mark.parametrize("era", ERAS)
async def test_no_tool_asks_for_secrets(asking: Box, era: str) -> None:
    person = Person()
    async with talk(asking.mcp_url, era, person) as llm:
        refused = await llm.refused("ask__nosy")
        assert "never ask for secrets" in str(refused) and person.asked == [], refused


async def test_a_tool_that_asks_something_else_the_second_time_is_told_so(asking: Box) -> None:
    async with talk(asking.mcp_url, "modern", Person(accept())) as llm:
        refused = await llm.refused("ask__fickle")
        assert "something else" in str(refused) and "same questions" in str(refused), refused


async def test_the_log_tells_of_questions(asking: Box) -> None:
    person = Person(accept(room="bath", level=2))
    async with talk(asking.mcp_url, "modern", person) as llm:
        assert await llm.call("ask__room", lamp="logged") == {"result": "logged in bath at 2"}
        runs: list[dict[str, Any]] = []
        with anyio.fail_after(5):
            while len(runs) < 2:
                runs = [run for run in await llm.runs("ask__room", 2) if run["arguments"] == {"lamp": "logged"}]
        kinds = [run["failure"]["kind"] if run.get("failure") else "ok" for run in runs]
        assert kinds == ["ok", "asked"], runs
        assert "Which room? → accept" in str(runs[0]), runs[0]


async def test_a_state_counts_once_for_the_same_call_alone(asking: Box) -> None:
    answer = {"question_1": accept(room="bath", level=4)}
    async with talk(asking.mcp_url, "modern", Person()) as llm:
        session = llm.client.session

        async def ask(lamp: str = "a", **more: Any) -> Any:
            return await session.call_tool("ask__room", {"lamp": lamp}, allow_input_required=True, **more)

        first = await ask()
        assert first.result_type == "input_required" and list(first.input_requests) == ["question_1"], first
        state = first.request_state
        for wrong in (ask(request_state=state + "0", input_responses=answer), ask("b", request_state=state, input_responses=answer)):
            with pytest.raises(MCPError, match="requestState"):
                await wrong
        done = await ask(request_state=state, input_responses=answer)
        assert done.structured_content == {"result": "a in bath at 4"}
        with pytest.raises(MCPError, match="used before"):
            await ask(request_state=state, input_responses=answer)
        # No answer is no error: the question is asked again.
        again = await ask(request_state=(await ask()).request_state)
        assert again.result_type == "input_required"
