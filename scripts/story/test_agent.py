"""What fails here is a defect of our messages: a client that follows only `next` must get from every mistake to a working tool."""

from __future__ import annotations

import re

import pytest
from agent import YOURS, Agent, Mend, Stage, Task
from box import AdminSession, Box
from lan_host import LanHost
from llm import connect

pytestmark = pytest.mark.anyio

ADD = 'async def main(a: int, b: int) -> int:\n    """Adds two numbers."""\n    return a + b\n'
NUMBERS = {"a": 2, "b": 3}


def at_line(pattern: str, replacement: str, *told: str) -> Mend:
    """Mends the very line that the failure names, when it also says `told`."""

    def mend(failure: dict, code: str) -> str:
        lines = code.split("\n")
        line = failure["line"] - 1
        assert failure["snippet"].strip() == lines[line].strip(), failure
        check(failure, told)
        mended = re.sub(pattern, replacement, lines[line])
        assert mended != lines[line], failure
        return "\n".join([*lines[:line], mended, *lines[line + 1 :]])

    return mend


def anywhere(pattern: str, replacement: str, *told: str) -> Mend:
    """Mends what has no line of its own, when the failure says `told`."""

    def mend(failure: dict, code: str) -> str:
        check(failure, told)
        mended = re.sub(pattern, replacement, code)
        assert mended != code, failure
        return mended

    return mend


def check(failure: dict, told: tuple[str, ...]) -> None:
    text = f"{failure['message']} {failure.get('hint')} {failure.get('comment')}"
    for words in told:
        assert words in text, f"'{words}' is not told: {failure}"


async def a_tool(stage: Stage, name: str = "add", server: str = "taken", code: str = ADD) -> None:
    await stage.llm.call("mcpbox_create_server", name=server)
    await stage.llm.call("mcpbox_create_tool", server_id=server, name=name, python_code=code)


async def a_published_tool(stage: Stage, server: str, code: str = ADD, start: bool = True) -> None:
    await a_tool(stage, server=server, code=code)
    await stage.llm.call("mcpbox_request_publish", tool_id=f"{server}__add")
    stage.act_as_human(f"{server}__add")
    if start:
        await stage.llm.call("mcpbox_start_server", server_id=server)


def syntax_tasks() -> list[Task]:
    def broken(name: str, code: str, mend: Mend, result: object = 5, **more: object) -> Task:
        return Task(name, f"work__{name}", code, NUMBERS, result, mend, **more)  # type: ignore[arg-type]

    return [
        broken("missing_colon", ADD.replace("int:\n", "int\n"), at_line(r"int$", "int:", "Expected `:`"), kind="syntax"),
        broken("missing_main", ADD.replace("main", "run"), anywhere("def run", "def main", "async def main"), kind="syntax"),
        broken("other_case", ADD.replace("main", "Main"), at_line("Main", "main", "`main`"), kind="syntax"),
        broken("denied_builtin", ADD.replace("a + b", "eval('a + b')"), at_line(r"eval\('(.*)'\)", r"\1", "eval", "write the expression out"), kind="syntax"),
        broken("import_never", "import os\n" + ADD, at_line("import os", "", "os", "no grant opens it"), kind="syntax"),
        broken("module_misspelt", "import jsn\n" + ADD.replace("a + b", "jsn.loads('5')"), anywhere("jsn", "json", "jsn", "did you mean json?"), kind=None),
        broken("await_outside_async", ADD.replace("async def", "def").replace("a + b", "await ctx.progress(1) or a + b"), anywhere(r"^def main", "async def main", "async"), kind="syntax"),
        broken("markdown_fence", "```python\n" + ADD + "```\n", anywhere("```(python)?\n", "", "Markdown"), kind="syntax"),
        broken("variadic", ADD.replace("a: int, b: int", "*numbers: int").replace("a + b", "sum(numbers)"), at_line(r"\*numbers: int", "a: int, b: int, numbers: list[int] = []", "Take a list"), 0, kind="syntax"),
    ]  # fmt: skip


def running_tasks() -> list[Task]:
    def failing(name: str, body: str, mend: Mend, kind: str, result: object = 5, head: str = "", returns: str = "int") -> Task:
        code = f'{head}async def main(a: int, b: int) -> {returns}:\n    """Works on two numbers."""\n{body}'
        return Task(name, f"work__{name}", code, NUMBERS, result, mend, kind=kind)

    return [
        failing("wrong_type", "    return 'sum: ' + (a + b)\n", at_line(r"\(a \+ b\)", "str(a + b)", "str"), "exception", "sum: 5", returns="str"),
        failing("name_error", "    return a + c\n", at_line("c$", "b", "'c' is not defined"), "exception"),
        failing("timeout", "    await asyncio.sleep(60)\n    return a + b\n", anywhere(r"    await asyncio.sleep\(60\)\n", "", "did not finish within"), "timeout", head="import asyncio\n\n"),
        failing("too_much_memory", "    return len('x' * 10**9) and a + b\n", at_line(r"10\*\*9", "9", "memory"), "memory"),
        failing("result_too_large", "    return 'x' * 3_000_000\n", anywhere(r"return (.*)", r"return (\1)[:5]", "larger than", "page"), "output_too_large", "xxxxx", returns="str"),
        failing("schema_mismatch", "    return str(a + b)\n", at_line("-> int", "-> str", "expected integer, got string", "annotation"), "exception", "5"),
        failing("not_json", "    return {'sum': bytes([a + b])}\n", anywhere(r"bytes\(\[a \+ b\]\)", "a + b", "bytes", "base64"), "exception", {"sum": 5}, returns="dict"),
        failing("missing_await", "    sum = add(a, b)\n    return sum.real\n", anywhere(r"= add\(", "= await add(", "coroutine", "await"), "exception", head="async def add(a: int, b: int) -> int:\n    return a + b\n\n\n"),
        failing("returned_coroutine", "    return add(a, b)\n", anywhere("return add", "return await add", "coroutine", "await"), "exception", head="async def add(a: int, b: int) -> int:\n    return a + b\n\n\n"),
        failing("loop_in_loop", "    return asyncio.run(add(a, b))\n", at_line(r"asyncio.run\((.*)\)$", r"await \1", "await"), "exception", head="import asyncio\n\n\nasync def add(a: int, b: int) -> int:\n    return a + b\n\n\n"),
        failing("awaited_plain", "    return await sum([a, b])\n", at_line("await ", "", "await"), "exception"),
        failing("endless_recursion", "    return again(a) + b\n", at_line("return again.*", "return a", "recursion"), "exception", head="def again(a: int) -> int:\n    return again(a)\n\n\n"),
    ]  # fmt: skip


def asking_tasks(host: LanHost) -> list[Task]:
    fetch = 'async def main(path: str) -> float:\n    """Fetches a temperature."""\n'
    fetch += f'    response = await http.get("{host.url}/" + path)\n    return response.json()["celsius"]\n'
    built = fetch.replace(f'"{host.url}/"', f'"http://" + ".".join(["10", "99", "0", "1"]) + ":{host.port}/"')
    secret = 'async def main(path: str) -> str:\n    """Fetches with a key."""\n'
    secret += f'    response = await http.get("{host.url}/" + path, headers={{"X-Key": secrets["API_KEY"]}})\n'
    secret += '    return response.json()["path"]\n'
    module = 'import sqlite3\n\n\nasync def main(a: int, b: int) -> int:\n    """Adds with SQL."""\n'
    module += '    return sqlite3.connect(":memory:").execute("select ? + ?", (a, b)).fetchone()[0]\n'
    return [
        Task("missing_host", "work__missing_host", fetch, {"path": "x"}, 21.5, kind="host_denied"),
        Task("host_built_at_run_time", "work__host_built", built, {"path": "x"}, 21.5, kind="host_denied"),
        Task("secret_without_value", "work__secret", secret, {"path": "x"}, "/x", kind="secret_missing"),
        Task("missing_module", "work__module", module, NUMBERS, 5, kind="import_denied"),
        Task("rejected", "work__rejected", ADD.replace("a + b", "a - b"), NUMBERS, 5, anywhere("a - b", "a + b", "add, do not subtract"), rejects="add, do not subtract"),
    ]  # fmt: skip


def calling_tasks() -> list[Task]:
    def named(name: str, server: str, first: tuple[str, dict], kind: str, **more: object) -> Task:
        return Task(name, f"{server}__add", ADD, NUMBERS, 5, first=first, kind=kind, **more)  # type: ignore[arg-type]

    made = {"name": "add", "python_code": ADD}
    return [
        named("name_taken", "taken", ("mcpbox_create_tool", {**made, "server_id": "taken"}), "conflict", before=a_tool),
        named("server_taken", "twice", ("mcpbox_create_server", {"name": "twice"}), "conflict", before=lambda stage: stage.llm.call("mcpbox_create_server", name="twice")),
        named("unknown_server", "work", ("mcpbox_create_tool", {**made, "server_id": "wrok"}), "not_found"),
        named("no_server_at_all", "statistics", ("mcpbox_create_tool", {**made, "server_id": "statistics"}), "not_found"),
        named("bad_name", "work", ("mcpbox_create_tool", {"server_id": "work", "name": "Add Numbers!", "python_code": ADD}), "invalid_arguments"),
        named("bad_server_name", "weather_api", ("mcpbox_create_server", {"name": "Weather API"}), "invalid_arguments"),
        named("wrong_argument_names", "work", ("mcpbox_create_tool", {"server": "work", "name": "sum", "code": ADD}), "invalid_arguments"),
        named("unknown_management_tool", "work", ("mcpbox_creat_tool", {"server_id": "work", "name": "made", "python_code": ADD}), "not_found"),
        named("guessed_management_tool", "work", ("mcpbox_make_tool", {"server_id": "work", "name": "guessed", "python_code": ADD}), "not_found"),
        named("unknown_tool", "known", ("mcpbox_call_tool", {"name": "known__ad", "arguments": NUMBERS}), "not_found", before=lambda stage: a_published_tool(stage, "known")),
        named("not_live", "draft", ("mcpbox_call_tool", {"name": "draft__add", "arguments": NUMBERS}), "not_live", before=lambda stage: a_tool(stage, server="draft")),
        named("stopped_server", "stopped", ("mcpbox_call_tool", {"name": "stopped__add", "arguments": NUMBERS}), "not_live", before=lambda stage: a_published_tool(stage, "stopped", start=False)),
        named("disabled", "off", ("mcpbox_call_tool", {"name": "off__add", "arguments": NUMBERS}), "not_live", before=a_disabled_tool),
        named("misnamed_arguments", "calls", ("mcpbox_call_tool", {"name": "calls__add", "arguments": {"a": 2, "bb": 3}}), "invalid_arguments", before=lambda stage: a_published_tool(stage, "calls")),
        named("arguments_as_text", "texts", ("mcpbox_call_tool", {"name": "texts__add", "arguments": '{"a": "2", "b": 3}'}), "invalid_arguments", before=lambda stage: a_published_tool(stage, "texts")),
        named("numbers_as_text", "numbers", ("mcpbox_call_tool", {"name": "numbers__add", "arguments": {"a": "2", "b": 3}}), "invalid_arguments", before=lambda stage: a_published_tool(stage, "numbers")),
        named("management_through_call", "work", ("mcpbox_call_tool", {"name": "mcpbox_create_tool", "arguments": {"server_id": "work", "name": "through", "python_code": ADD}}), "invalid_arguments"),
        named("approved_already", "done", ("mcpbox_request_publish", {"tool_id": "done__add"}), "conflict", before=lambda stage: a_published_tool(stage, "done")),
        named("test_with_wrong_arguments", "tests", ("mcpbox_test_code", {"tool_id": "tests__add", "arguments": {"a": "2", "bb": 3}}), "invalid_arguments", before=lambda stage: a_tool(stage, server="tests")),
        named("version_that_is_not_there", "old", ("mcpbox_rollback_tool", {"tool_id": "old__add", "version": 7}), "not_found", before=lambda stage: a_tool(stage, server="old")),
    ]  # fmt: skip


async def a_disabled_tool(stage: Stage) -> None:
    await a_published_tool(stage, "off")
    await stage.llm.call("mcpbox_update_tool", tool_id="off__add", enabled=False)


NAMES = [task.name for task in [*syntax_tasks(), *running_tasks(), *calling_tasks()]]
ASKING = ["missing_host", "host_built_at_run_time", "secret_without_value", "missing_module", "rejected"]


def test_there_are_enough_tasks() -> None:
    assert len({*NAMES, *ASKING}) == len(NAMES) + len(ASKING) >= 25 and YOURS == "…"


@pytest.mark.parametrize("name", NAMES + ASKING)
async def test_following_next_leads_from_every_mistake_to_a_working_tool(shared: Box, lan_host: LanHost, name: str) -> None:
    tasks = [*syntax_tasks(), *running_tasks(), *calling_tasks(), *asking_tasks(lan_host)]
    task = next(task for task in tasks if task.name == name)
    async with connect(shared.mcp_url) as llm:
        stage = Stage(shared, llm, AdminSession(shared.admin_url), {})
        if "work" not in str(await llm.call("mcpbox_list_servers", page_size=100)):
            await llm.call("mcpbox_create_server", name="work")
        if task.before is not None:
            await task.before(stage)
        await Agent(stage, task).work()
