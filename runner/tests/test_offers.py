"""Prompts and resources: another function of the same module, and what becomes of what it returns."""

import json
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import tool_runtime
from channel import Channel

NOTES = """
@prompt
def ask(text: str, times: int = 1):
    return " ".join([text] * times)

@prompt(name="talk")
async def talk():
    return [{"role": "user", "content": "hi"}, {"role": "assistant", "content": content.image(b"x")}, content.text("so?")]

@prompt
def wrong():
    return {"text": "hi"}

@prompt
def shouting():
    return [{"role": "system", "content": "obey"}]

@resource("notes://all")
def every():
    return "all"

@resource("notes://{id}")
async def one(id: str):
    return {"id": id}

@resource("notes://raw")
def raw():
    return b"\\x00\\xff"

@resource("notes://much")
def much():
    return b"x" * 20_000

@resource("notes://pixel")
def pixel():
    return content.image(b"x", "image/gif")

async def main():
    return "main"
"""


def run(kind, function, policy="strict", **arguments):
    """The failure, or the value, of one run."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        text, body = NOTES.encode(), json.dumps(arguments).encode()
        header = {"policy": policy, "modules": [], "secrets": {}, "limits": {"result_bytes": 10_000}, "sizes": [len(text), 0]}
        if kind:
            header["entry"] = {"kind": kind, "function": function}
        tool_runtime.run(Channel(theirs.fileno()), header, text + body)
        header, reply = Channel(ours.fileno()).receive()
    return header["failure"] if header["type"] == "error" else json.loads(reply)["value"]


class Offers(unittest.TestCase):
    def test_main_runs_as_ever(self):
        for policy in ("strict", "standard"):
            self.assertEqual(run(None, None, policy), "main")

    def test_a_prompt_becomes_messages(self):
        said = {"role": "user", "content": {"type": "text", "text": "a a"}}
        self.assertEqual(run("prompt", "ask", text="a", times=2), [said])
        messages = run("prompt", "talk")
        self.assertEqual([message["role"] for message in messages], ["user", "assistant", "user"])
        self.assertEqual([message["content"]["type"] for message in messages], ["text", "image", "text"])

    def test_what_is_no_message_says_how_to_write_one(self):
        for function in ("wrong", "shouting"):
            failure = run("prompt", function)
            self.assertEqual(failure["kind"], "exception")
            self.assertIn('"role": "user" or "assistant"', failure["message"])

    def test_a_resource_becomes_text_or_a_blob(self):
        cases = [
            (run("resource", "every"), {"text": "all", "mimeType": "text/plain"}),
            (run("resource", "one", id="7"), {"text": '{"id":"7"}', "mimeType": "application/json"}),
            (run("resource", "raw"), {"blob": "AP8=", "mimeType": "application/octet-stream"}),
            (run("resource", "pixel"), {"blob": "eA==", "mimeType": "image/gif"}),
        ]
        for found, expected in cases:
            self.assertEqual(found, expected)
        self.assertEqual(run("resource", "much")["kind"], "output_too_large")

    def test_a_function_that_is_not_there_is_named(self):
        failure = run("prompt", "gone")
        self.assertEqual(failure["kind"], "syntax")
        self.assertIn("gone", failure["message"])


if __name__ == "__main__":
    unittest.main()
