"""`ctx.elicit`: how a form may be written, what travels, and what the tool gets of the answer."""

import json
import socket
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import tool_runtime
from channel import Channel, frame

SOURCE = """
from typing import Annotated, Literal

async def main(form: str):
    forms = {
        "none": None,
        "simple": {"room": ["a", "b"], "level": int, "on": bool | None, "note": Annotated[str, "why"], "days": list[Literal["mo", "tu"]]},
        "schema": {"type": "object", "properties": {"x": {"type": "number"}}},
        "wrong": {"x": dict},
        "text": "x",
    }
    try:
        answer = await ctx.elicit("Go on?", forms[form], key="go")
    except ctx.CannotAsk as error:
        return {"caught": error.kind, "hint": error.hint}
    return {"action": answer.action, "yes": bool(answer), "room": answer.get("room")}
"""


def ask(form: str, *, answer=None, failure=None):
    """What the supervisor was asked, and how the run ended."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        text, body = SOURCE.encode(), json.dumps({"form": form}).encode()
        header = {"policy": "strict", "modules": ["typing"], "secrets": {}, "limits": {"result_bytes": 10_000}, "sizes": [len(text), 0]}
        run = threading.Thread(target=tool_runtime.run, args=(Channel(theirs.fileno()), header, text + body))
        run.start()
        channel = Channel(ours.fileno())
        said, body = channel.receive()
        asked = None
        if said["type"] == "ask":
            asked = json.loads(body)
            told = {"type": "tool_result", "id": said["id"]}
            ours.sendall(frame({**told, "failure": failure} if failure else told, json.dumps(answer).encode() if answer else b""))
            said, body = channel.receive()
        run.join()
    return asked, said["failure"] if said["type"] == "error" else json.loads(body)["value"]


class Asking(unittest.TestCase):
    def test_a_short_form_becomes_a_schema(self):
        asked, ended = ask("simple", answer={"action": "accept", "content": {"room": "a"}})
        self.assertEqual((asked["message"], asked["key"]), ("Go on?", "go"))
        self.assertEqual(
            asked["schema"],
            {
                "type": "object",
                "properties": {
                    "room": {"type": "string", "enum": ["a", "b"]},
                    "level": {"type": "integer"},
                    "on": {"type": "boolean"},
                    "note": {"type": "string", "description": "why"},
                    "days": {"type": "array", "items": {"type": "string", "enum": ["mo", "tu"]}},
                },
                "required": ["room", "level", "note", "days"],
            },
        )
        self.assertEqual(ended, {"action": "accept", "yes": True, "room": "a"})

    def test_a_schema_travels_as_it_is_and_no_form_is_none(self):
        self.assertEqual(ask("schema", answer={"action": "cancel"})[0]["schema"]["properties"], {"x": {"type": "number"}})
        asked, ended = ask("none", answer={"action": "decline"})
        self.assertNotIn("schema", asked)
        self.assertEqual(ended, {"action": "decline", "yes": False, "room": None})

    def test_what_is_no_form_says_how_to_write_one(self):
        for form in ("wrong", "text"):
            asked, ended = ask(form)
            self.assertIsNone(asked)
            self.assertIn("ctx.elicit", ended["message"])

    def test_a_tool_may_catch_that_nobody_can_be_asked(self):
        failure = {"kind": "cannot_ask", "message": "nobody", "hint": "ask in the chat"}
        self.assertEqual(ask("none", failure=failure)[1], {"caught": "cannot_ask", "hint": "ask in the chat"})

    def test_another_failure_ends_the_run_with_its_hint(self):
        _, ended = ask("none", failure={"kind": "invalid_arguments", "message": "no", "hint": "do"})
        self.assertEqual((ended["kind"], ended["message"], ended["hint"]), ("exception", "no", "do"))


if __name__ == "__main__":
    unittest.main()
