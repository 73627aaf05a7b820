"""Programs as sources: other people's MCP servers over standard streams, started in the jail once a human let them, and no further."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from box import AdminSession, Box
from lan_host import LanHost
from llm import Llm, connect
from source_servers import EVERYTHING, HERE, PYTHON

pytestmark = pytest.mark.anyio

MODULES = str((HERE / "node_modules").resolve())
FILES = str(EVERYTHING.resolve().parents[2] / "server-filesystem/dist/index.js")
MEMORY = str(EVERYTHING.resolve().parents[2] / "server-memory/dist/index.js")
DISK = Path(os.environ["MCPBOX_SMALL_DISK"])
TOKEN = "a-value-that-nobody-may-see-4711"


def waiting(box: Box, name: str) -> dict[str, Any]:
    items = AdminSession(box.admin_url).send("GET", "/grants?state=pending&page_size=100")["items"]
    [grant] = [grant for grant in items if grant["capability"].get("name") == name]
    return grant


def let_in(box: Box, name: str) -> dict[str, Any]:
    """A human lets the program be started; returns what they read."""
    grant = waiting(box, name)
    AdminSession(box.admin_url).send("POST", f"/grants/{grant['id']}/approve", {"content_hash": grant["content_hash"]})
    return grant["capability"]


async def add(box: Box, llm: Llm, server: str, **program: Any) -> dict[str, Any]:
    await llm.call("mcpbox_create_server", name=server)
    await llm.call("mcpbox_start_server", server_id=server)
    name, running = f"{server}_program", set(programs(box))
    added = await llm.call("mcpbox_add_external_source", server_id=server, name=name, transport_type="stdio", **program)
    assert added["access"] == "pending", added
    refused = await llm.refused("mcpbox_discover_external_tools", source_id=name)
    assert refused.kind == "host_denied" and "not yet allowed" in refused.answer["message"], refused
    assert set(programs(box)) <= running, "nothing starts before a human said so"
    return let_in(box, name)


async def bring(box: Box, llm: Llm, server: str, *names: str) -> None:
    imported = await llm.call("mcpbox_import_external_tools", source_id=f"{server}_program", tool_names=list(names))
    for tool in imported["tools"]:
        await llm.call("mcpbox_request_publish", tool_id=tool["name"])
        box.approve(tool["name"])


def programs(box: Box) -> dict[int, str]:
    """The programs that run, without the processes of tools."""
    return {pid: line for pid, line in box.children().items() if "__jail " not in line and "zygote.py" not in line}


async def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> None:
    with anyio.fail_after(seconds):
        while not condition():
            await anyio.sleep(0.1)
    assert what


async def source(llm: Llm, server: str) -> dict[str, Any]:
    [found] = (await llm.call("mcpbox_list_external_sources", server_id=server))["sources"]
    return found


async def text(llm: Llm, tool: str, **arguments: Any) -> str:
    answer = await llm.client.call_tool(tool, arguments)
    assert not answer.is_error, answer
    return answer.content[0].text


async def test_the_reference_server_runs_as_a_program_with_progress_and_all_kinds_of_content(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        granted = await add(box, llm, "every", command="node", args=[str(EVERYTHING.resolve()), "stdio"], read_paths=[MODULES])
        assert granted["program"]["command"] == "node" and granted["program"]["read"] == [MODULES], granted
        found = await llm.call("mcpbox_discover_external_tools", source_id="every_program")
        assert "echo" in {tool["name"] for tool in found["tools"]}, found
        await bring(box, llm, "every", "echo", "get-tiny-image", "trigger-long-running-operation")
        assert await text(llm, "every__echo", message="hello") == "Echo: hello"
        image = await llm.client.call_tool("every__get_tiny_image", {})
        assert "image" in [block.type for block in image.content], image

        heard: list[float] = []

        async def hear(done: float, _total: float | None, _message: str | None) -> None:
            heard.append(done)

        await llm.client.call_tool(
            "every__trigger_long_running_operation", {"duration": 1, "steps": 4}, progress_callback=hear
        )
        assert heard and heard == sorted(heard), heard
        assert (await source(llm, "every"))["health"] == "connected"

        # It dies: the next call starts another one.
        [program] = [pid for pid, line in programs(box).items() if "server-everything" in line]
        os.kill(program, signal.SIGKILL)
        await until(lambda: program not in programs(box), "it is gone")
        assert await text(llm, "every__echo", message="again") == "Echo: again"

        # Nothing is left of it when MCPbox is killed.
        left = programs(box)
        assert left
        box.kill()
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), "nothing is left")


async def test_files_are_served_from_what_was_granted_and_from_nowhere_else(shared: Box, tmp_path: Path) -> None:
    notes, other = tmp_path / "notes", tmp_path / "other"
    for folder in (notes, other):
        folder.mkdir()
        folder.chmod(0o777)
    (notes / "hello.txt").write_text("good day")
    (other / "secret.txt").write_text("not for you")
    notes, other = notes.resolve(), other.resolve()
    # The server is told of both: the walls hold what it would do.
    async with connect(shared.mcp_url) as llm:
        args = [FILES, str(notes), "/"]
        await add(shared, llm, "files", command="node", args=args, read_paths=[MODULES], write_paths=[str(notes)])
        await bring(shared, llm, "files", "read_text_file", "write_file", "list_directory")
        assert await text(llm, "files__read_text_file", path=str(notes / "hello.txt")) == "good day"
        await text(llm, "files__write_file", path=str(notes / "made.txt"), content="by a program")
        assert (notes / "made.txt").read_text() == "by a program"
        for path in (other / "secret.txt", Path("/etc/shadow"), Path("/etc/passwd"), shared.data_dir / "mcpbox.db", Path("/proc/1/environ")):
            refused = await llm.client.call_tool("files__read_text_file", {"path": str(path)})
            assert refused.is_error, (path, refused)
        refused = await llm.client.call_tool("files__write_file", {"path": "/usr/bin/mine", "content": "x"})
        assert refused.is_error, refused


async def test_a_memory_stays_when_the_program_ends(fresh: Box) -> None:
    fresh.start()
    fresh.create_admin()
    async with connect(fresh.mcp_url) as llm:
        env = ["MEMORY_FILE_PATH={private}/memory.json"]
        granted = await add(
            fresh, llm, "memory", command="node", args=[MEMORY], env=env, read_paths=[MODULES], private_directory=True
        )
        assert granted["program"]["env"] == {"MEMORY_FILE_PATH": {"value": "{private}/memory.json"}}, granted
        await bring(fresh, llm, "memory", "create_entities", "read_graph")
        entity = {"name": "Ada", "entityType": "person", "observations": ["wrote a program"]}
        await llm.client.call_tool("memory__create_entities", {"entities": [entity]})
    fresh.stop()
    fresh.start()
    async with connect(fresh.mcp_url) as llm:
        graph = await llm.client.call_tool("memory__read_graph", {})
        assert "wrote a program" in json.dumps(graph.structured_content or graph.content[0].text), graph

        # Taking the grant back ends it at once.
        assert programs(fresh)
        admin = AdminSession(fresh.admin_url)
        grants = admin.send("GET", "/grants?state=approved&page_size=100")["items"]
        for grant in grants:
            if grant["capability"]["kind"] == "source":
                admin.send("POST", f"/grants/{grant['id']}/revoke", {"content_hash": grant["content_hash"], "comment": "enough"})
        await until(lambda: not programs(fresh), "it ended", 15)


def python_server() -> dict[str, Any]:
    """How `stdio.py` is started, and what it reads for that."""
    python, venv = Path(os.path.realpath(PYTHON)), PYTHON.parent.resolve().parent
    read = [str(HERE.resolve() / "stdio.py"), str(venv)]
    if not python.is_relative_to("/usr"):
        read.append(str(python.parents[1]))
    return {"command": str(venv / "bin/python"), "args": [str(HERE.resolve() / "stdio.py")], "read_paths": read}


async def test_a_python_server_is_kept_to_what_it_was_given(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        granted = await add(shared, llm, "python", **python_server(), env=["MODE=loud", "PROGRAM_TOKEN"])
        assert granted["program"]["env"]["PROGRAM_TOKEN"] == {"secret": "PROGRAM_TOKEN"}, granted
        refused = await llm.refused("mcpbox_discover_external_tools", source_id="python_program")
        assert refused.kind == "secret_missing", refused
        admin = AdminSession(shared.admin_url)
        admin.send("PUT", "/servers/python/secrets/PROGRAM_TOKEN/value", {"value": TOKEN})
        await bring(shared, llm, "python", "attempt", "environment", "slow", "flood", "complain")

        told = await text(llm, "python__environment")
        assert "MODE=loud" in told and TOKEN not in told and "PROGRAM_TOKEN=[secret PROGRAM_TOKEN]" in told, told
        assert "MCPBOX" not in told and str(shared.data_dir) not in told, told

        data = str(shared.data_dir.resolve())
        for line in (
            "open('/etc/shadow').read()",
            f"__import__('os').listdir({data!r})",
            "__import__('os').listdir('/proc')",
            "__import__('socket').create_connection(('10.99.0.1', 80), 2)",
            "__import__('socket').getaddrinfo('example.com', 80)",
            "__import__('subprocess').run(['/bin/true'], check=True)",
            "__import__('os').kill(__import__('os').getppid() or 2, 9)",
        ):
            assert (await text(llm, "python__attempt", line=line)).startswith("refused"), line

        await text(llm, "python__complain", words=f"I hold {TOKEN}")
        complained = (await source(llm, "python")).get("stderr", [])
        assert any("I hold [secret PROGRAM_TOKEN]" in line for line in complained), complained

        # One that floods keeps nobody else waiting.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(llm.client.call_tool, "python__flood", {"seconds": 3.0})
            await anyio.sleep(0.5)
            since = time.monotonic()
            await llm.call("mcpbox_list_servers")
            assert time.monotonic() - since < 2

        # A caller that goes away tells the program so.
        with anyio.move_on_after(1):
            await llm.client.call_tool("python__slow", {"seconds": 60.0})
        with anyio.fail_after(20):
            while "cancelled" not in await text(llm, "python__environment"):
                await anyio.sleep(0.2)


async def test_a_program_that_fills_the_disk_is_stopped_and_says_so_until_there_is_room(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await add(shared, llm, "hoarder", **python_server(), env=["KEEP={private}"], private_directory=True)
        await bring(shared, llm, "hoarder", "attempt")
        keep = "[open(__import__('os').environ['KEEP'] + f'/{n}', 'xb').write(b'x' * (%d << 20)) for n in range(%d, %d)]"
        assert (await text(llm, "hoarder__attempt", line=keep % (1, 0, 8))).startswith("got through")

        # Each file is made once: one that was written anew would be short, and all of them not too much, when the program is stopped.
        take = keep % (100, 8, 19)
        with anyio.fail_after(120):
            while "holds more than" not in str((await llm.client.call_tool("hoarder__attempt", {"line": take})).content):
                await anyio.sleep(0.5)
        refused = await llm.refused("hoarder__attempt", line="1")
        assert "holds more than 1024 MiB; delete what it does not need from" in refused.answer["message"], refused
        found = await source(llm, "hoarder")
        assert "holds more than 1024 MiB" in json.dumps(found), found

        [kept] = [path.parent for path in (shared.data_dir / "sources").glob("*/7")]
        for path in kept.iterdir():
            path.unlink()
        with anyio.fail_after(90):
            while (await llm.client.call_tool("hoarder__attempt", {"line": "6 * 7"})).is_error:
                await anyio.sleep(0.5)


async def test_where_a_program_writes_the_disk_stays_free_enough(shared: Box) -> None:
    place = DISK / "of-a-program"
    place.mkdir()
    place.chmod(0o777)
    try:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "filler", **python_server(), write_paths=[str(place)])
            await bring(shared, llm, "filler", "attempt")
            disk = os.statvfs(DISK)
            room = disk.f_bavail * disk.f_frsize - disk.f_blocks * disk.f_frsize // 40
            await llm.client.call_tool("filler__attempt", {"line": f"open('{place}/all', 'xb').write(b'x' * {room})"})
            told = ""
            with anyio.fail_after(60):
                while "has only" not in told:
                    told = str((await llm.client.call_tool("filler__attempt", {"line": "1"})).content)
                    await anyio.sleep(0.2)
            assert f"the disk of {place}, where it may write, has only 1 MiB left; make room on it" in told, told
            (place / "all").unlink()
            with anyio.fail_after(90):
                while (await llm.client.call_tool("filler__attempt", {"line": "6 * 7"})).is_error:
                    await anyio.sleep(0.5)
    finally:
        shutil.rmtree(place)


async def test_a_program_reaches_the_hosts_it_was_granted_and_no_other(shared: Box, lan_host: LanHost) -> None:
    async with connect(shared.mcp_url) as llm:
        granted = await add(shared, llm, "caller", **python_server(), hosts=[lan_host.rule, "api.example.com"])
        assert [host["host"] for host in granted["program"]["hosts"]] == ["10.99.0.1", "api.example.com"], granted
        refused = await llm.refused(
            "mcpbox_add_external_source", server_id="caller", name="meta", transport_type="stdio", command="node", hosts=["169.254.169.254"]
        )
        assert refused.kind == "host_denied" and "never reachable" in refused.answer["message"], refused
        await llm.call("mcpbox_discover_external_tools", source_id="caller_program")
        await bring(shared, llm, "caller", "attempt")

        for fetch in ("__import__('httpx2').get({url!r}).text", "__import__('urllib.request').request.urlopen({url!r}, timeout=5).read().decode()"):
            told = await text(llm, "caller__attempt", line=fetch.format(url=f"{lan_host.url}/by-a-program"))
            assert told.startswith("got through") and "by-a-program" in told, told
        assert lan_host.paths.count("/by-a-program") == 2, lan_host.paths

        other = f"http://10.99.0.1:{lan_host.port + 1}/"
        for url in (other, "http://127.0.0.1:8000/", "http://169.254.169.254/latest/meta-data"):
            told = await text(llm, "caller__attempt", line=f"__import__('httpx2').get({url!r}).raise_for_status()")
            assert told.startswith("refused"), (url, told)
        told = await text(llm, "caller__attempt", line=f"__import__('socket').create_connection(('10.99.0.1', {lan_host.port}), 2)")
        assert told.startswith("refused"), "past the proxy"

        # Where it was not let stands with the source, and in the record of the call.
        complained = (await source(llm, "caller")).get("stderr", [])
        assert any(f"10.99.0.1:{lan_host.port + 1}" in line and "not among the hosts" in line for line in complained), complained
        logged = await llm.runs("caller__attempt", 6)
        assert any(host["port"] == lan_host.port + 1 and host["outcome"] == "denied" for run in logged for host in run.get("hosts", [])), logged


async def test_a_javascript_program_fetches_from_the_hosts_it_was_granted_and_from_no_other(shared: Box, lan_host: LanHost) -> None:
    node = Path(os.environ["MCPBOX_NODE"]).resolve()
    script = HERE.resolve() / "fetch.mjs"
    async with connect(shared.mcp_url) as llm:
        read = [str(node.parent), str(script), MODULES]
        await add(shared, llm, "javascript", command=str(node), args=[str(script)], read_paths=read, hosts=[lan_host.rule])
        await bring(shared, llm, "javascript", "get")
        assert "200" in await text(llm, "javascript__get", url=f"{lan_host.url}/by-javascript")
        assert lan_host.paths.count("/by-javascript") == 1, lan_host.paths
        for url in (f"http://10.99.0.1:{lan_host.port + 1}/", "http://127.0.0.1:8000/"):
            assert "200" not in await text(llm, "javascript__get", url=url)
        complained = (await source(llm, "javascript")).get("stderr", [])
        assert any("not among the hosts" in line for line in complained), complained


async def test_a_program_that_cannot_be_or_does_not_come_up_says_why(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await add(shared, llm, "none", command="no-such-program-4711")
        refused = await llm.refused("mcpbox_discover_external_tools", source_id="none_program")
        assert refused.kind == "unavailable" and "there is no program" in refused.answer["message"], refused
        await add(shared, llm, "broken", command="node", args=["-e", "console.error('no licence'); process.exit(3)"])
        refused = await llm.refused("mcpbox_discover_external_tools", source_id="broken_program")
        assert "no licence" in refused.answer["message"], refused
        await add(shared, llm, "greedy", command="node", args=["-e", "0"], read_paths=[str(shared.data_dir.resolve())])
        refused = await llm.refused("mcpbox_discover_external_tools", source_id="greedy_program")
        assert "data directory" in refused.answer["message"], refused
        refused = await llm.refused(
            "mcpbox_add_external_source", server_id="none", name="other", transport_type="stdio", command="node", read_paths=["/proc"]
        )
        assert refused.kind == "invalid_arguments", refused
