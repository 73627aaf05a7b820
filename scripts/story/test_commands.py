"""The command line as an admin uses it: secrets, grants, lists, the API's description."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import termios
import time
from pathlib import Path

import pytest
from box import PASSWORD, PROGRAM, USERNAME, Box
from lan_host import LanHost
from llm import connect

pytestmark = pytest.mark.anyio

OPENAPI = Path(__file__).parent.parent.parent / "crates/mcpbox-admin/openapi.json"
VALUE = "s3cr3t-value-0f-th3-admin"
KEYED = '''
async def main() -> str:
    """Asks with a key."""
    print("the key is", secrets["API_KEY"])
    response = await http.get("{url}/keyed", headers={{"X-Key": secrets["API_KEY"]}})
    return response.text
'''


async def test_a_sealed_secret_reaches_its_host_and_nothing_else(box: Box, lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="keyed")
        await llm.call("mcpbox_create_server_secret", server_id="keyed", key="API_KEY", hosts=[lan_host.rule])
        await llm.publish(box, "keyed", "ask", KEYED.format(url=lan_host.url))
        await llm.call("mcpbox_start_server", server_id="keyed")
        assert (await llm.refused("keyed__ask")).kind == "secret_missing"

        login = ("--username", USERNAME, "--password-stdin")
        command = ("secret", "set", "keyed", "API_KEY", "--host", lan_host.rule, *login)
        box.cli(*command, stdin=f"{PASSWORD}\n", fails=True)  # no value
        box.cli(*command, stdin=f"{PASSWORD}\n{VALUE}\n")

        answer = await llm.call("keyed__ask")
        assert lan_host.keys[-1] == VALUE, "the host got the value"
        assert VALUE not in str(answer), "its echo is scrubbed"
        runs = await llm.runs("keyed__ask", 1)
        assert VALUE not in str(runs), runs
        listed = await llm.call("mcpbox_list_server_secrets", server_id="keyed")
        assert VALUE not in str(listed) and "'has_value': True" in str(listed), listed
    box.stop()
    for path in box.data_dir.glob("mcpbox.db*"):
        assert VALUE.encode() not in path.read_bytes(), path
    assert VALUE not in box.log.read_text()


async def test_a_grant_added_by_hand_lets_all_tools_of_the_server_use_it(box: Box, lan_host: LanHost) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="granted")
        code = f"async def main() -> int:\n    return (await http.get('{lan_host.url}/')).status_code\n"
        draft = await llm.call("mcpbox_create_tool", server_id="granted", name="ping", python_code=code)
        assert len(draft["needs"]) == 1, draft
        box.as_admin("grant", "add", "--server", "granted", "--host", lan_host.rule)
        box.as_admin("grant", "add", "--server", "granted", "--module", "platform")
        report = await llm.call("mcpbox_test_code", tool_id="granted__ping")
        assert report["result"] == 200, report
        code = "import platform\ndef main() -> str:\n    return platform.python_implementation()\n"
        draft = await llm.call("mcpbox_create_tool", server_id="granted", name="which", python_code=code)
        assert draft["needs"] == [], draft
        report = await llm.call("mcpbox_test_code", tool_id="granted__which")
        assert report["result"] == "CPython", report
    bad = box.cli("grant", "add", "--server", "granted", "--host", "https://x.de/a", "--username", "a", "--password-stdin", stdin="x\n", fails=True)
    assert "host name" in bad.stderr, bad.stderr


async def test_lists_read_well_and_as_json(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths", description="Sums")
        await llm.publish(box, "maths", "add", "def main(a: int, b: int) -> int:\n    return a + b\n")
        await llm.call("mcpbox_start_server", server_id="maths")
        await llm.call("maths__add", a=20, b=22)
        await llm.runs("maths__add", 1)
    assert "maths  running  1      1     Sums" in box.cli("server", "list").stdout
    assert [server["name"] for server in box.cli_json("server", "list")] == ["maths"]
    assert "maths__add" in box.cli("tools", "list").stdout
    assert [tool["name"] for tool in box.cli_json("tools", "list")] == ["maths__add"]
    assert "42" in box.cli("tools", "logs", "maths__add").stdout
    assert "Nothing waits" in box.cli("review", "list").stdout
    assert "42" in box.cli("tools", "call", "add", '{"a": 40, "b": 2}').stdout
    wrong = box.cli("tools", "call", "maths__add", '{"a": 40}', fails=True).stderr
    assert "invalid_arguments" in wrong and wrong.count("\n") == 1, wrong
    assert "maths__add" in box.cli("tools", "call", "maths__ad", fails=True).stderr, "the nearest name is told"
    assert "JSON" in box.cli("tools", "call", "maths__add", "a=1", fails=True).stderr


def typed(box: Box, *arguments: str, answers: dict[str, str]) -> tuple[int, str]:
    """Runs a command on a terminal and types an answer at each prompt; returns exit code and what the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(str(PROGRAM), [str(PROGRAM), *arguments, "--data-dir", str(box.data_dir)], box.env)
    shown, waiting, until = "", dict(answers), time.monotonic() + 60
    while True:
        if not select.select([terminal], [], [], max(0, until - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError(f"it waits for what nobody types: {shown}")
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other end is closed
            piece = b""
        if not piece:
            break
        shown += piece.decode()
        for prompt in [prompt for prompt in waiting if shown.rstrip().endswith(prompt)]:
            is_hidden = prompt != "Admin account:"
            while is_hidden and termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < until:
                time.sleep(0.001)  # a person is slower than the program, a test is not
            os.write(terminal, (waiting.pop(prompt) + "\n").encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


async def test_at_a_terminal_it_asks_for_the_password_and_does_not_show_it(fresh: Box) -> None:
    fresh.start()
    weak = {"Admin account:": USERNAME, "New password (8 characters or more):": PASSWORD, "Once more:": "other"}
    code, shown = typed(fresh, "admin", "create", answers=weak)
    assert code != 0 and "differ" in shown and PASSWORD not in shown, shown
    code, shown = typed(fresh, "admin", "create", answers=weak | {"Once more:": PASSWORD})
    assert code == 0 and PASSWORD not in shown, shown
    async with connect(fresh.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.call("mcpbox_create_tool", server_id="maths", name="one", python_code="def main() -> int:\n    return 1\n")
        await llm.call("mcpbox_request_publish", tool_id="maths__one")
    review = fresh.open_review("maths__one")["id"]
    prompts = {"Admin account:": USERNAME, f"Password of {USERNAME}:": PASSWORD}
    code, shown = typed(fresh, "review", "approve", review, answers=prompts)
    assert code == 0 and "maths__one v1 is approved" in shown and PASSWORD not in shown, shown


def test_the_printed_api_description_is_the_committed_one(fresh: Box) -> None:
    assert json.loads(fresh.cli("openapi").stdout) == json.loads(OPENAPI.read_text())
