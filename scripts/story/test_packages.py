"""Packages from an LLM's first word to the call, and what happens when they are not what was approved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from box import Box
from llm import Llm, Refused, connect

pytestmark = pytest.mark.anyio

# The wheels that the preparation fetched from the package index stand in for it: these tests have no network.
WITH_INDEX = {"UV_FIND_LINKS": os.environ["MCPBOX_WHEELS"], "UV_NO_INDEX": "1", "PATH": os.environ["MCPBOX_UV"] + ":" + os.environ["PATH"]}
TITLES = '''
import yaml
from bs4 import BeautifulSoup

async def main(page: str) -> dict:
    """Titles of a page, under names given in YAML."""
    soup = BeautifulSoup(page, "html.parser")
    return {"titles": [title.text for title in soup.find_all("h1")], "yaml": yaml.safe_load("a: [1, 2]")}
'''
PAGE = "<h1>One</h1><h1>Two</h1>"
EXPECTED = {"titles": ["One", "Two"], "yaml": {"a": [1, 2]}}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path / "data", WITH_INDEX)
    box.start()
    box.create_admin()
    yield box
    if box.process is not None:
        box.stop()


async def settled(box: Box, review: str) -> dict[str, Any]:
    """The packages of a review, once their resolution ended."""
    with anyio.fail_after(60):
        while True:
            shown = box.cli_json("review", "show", review)["packages"]
            if shown["state"] != "pending":
                return shown
            await anyio.sleep(0.1)


async def call(llm: Llm, tool: str, patience_s: float = 60) -> Any:
    """A call that waits out the installation."""
    with anyio.fail_after(patience_s):
        while True:
            try:
                return await llm.call("mcpbox_call_tool", name=tool, arguments={"page": PAGE})
            except Refused as refused:
                if refused.kind != "unavailable" or "still being" not in refused.answer["message"]:
                    raise
                await anyio.sleep(0.1)


async def asked(llm: Llm, box: Box) -> str:
    await llm.call("mcpbox_create_server", name="pages")
    await llm.call("mcpbox_start_server", server_id="pages")
    draft = await llm.call("mcpbox_create_tool", server_id="pages", name="titles", python_code=TITLES)
    needs = {need["capability"]["name"]: need["request"] for need in draft["needs"]}
    assert set(needs) == {"beautifulsoup4", "pyyaml"}, draft
    assert needs["pyyaml"]["arguments"]["module_name"] == "yaml", needs
    test = await llm.call("mcpbox_test_code", tool_id="pages__titles", arguments={"page": PAGE})
    assert test["failure"]["kind"] == "import_denied" and "a human must grant it" in test["failure"]["hint"], test
    answer = await llm.call("mcpbox_request_module", tool_id="pages__titles", module_name="yaml", package="pyyaml>=6", justification="settings")
    assert answer["capability"] == {"kind": "package", "name": "pyyaml", "version": ">=6"}, answer
    await llm.call("mcpbox_request_publish", tool_id="pages__titles")
    return box.open_review("pages__titles")["id"]


async def test_a_tool_with_packages_is_resolved_approved_installed_and_called(box: Box) -> None:
    async with connect(box.mcp_url) as llm:
        review = await asked(llm, box)
        packages = await settled(box, review)
        assert packages["state"] == "resolved", packages
        named = {package["name"]: package for package in packages["packages"]}
        assert named["pyyaml"]["origin"] == "requested" and named["soupsieve"]["origin"] == "dependency", named
        assert named["pyyaml"]["license"] and named["pyyaml"]["size_bytes"] > 10_000, named
        shown = box.cli("review", "show", review).stdout
        assert "Approval installs 3 packages" in shown and "Known vulnerabilities: not checked" in shown, shown
        table = [line.split() for line in shown.splitlines() if line.strip().startswith("pyyaml ")]
        assert table and table[0][1] == named["pyyaml"]["version"] and "not checked" in shown, shown
        assert "being installed" in box.approve("pages__titles")
        assert await call(llm, "pages__titles") == EXPECTED
        tested = await llm.call("mcpbox_test_code", tool_id="pages__titles", arguments={"page": PAGE})
        assert tested["result"] == EXPECTED, tested
    assert "intact" in box.cli("audit", "verify").stdout
    environments = box.cli_json("package", "list")
    assert [environment["tools"] for environment in environments] == [["pages__titles"]], environments
    assert "installed" in box.cli("package", "list").stdout

    # After a restart without any index the installed files are used again.
    box.stop()
    box.env |= {"UV_FIND_LINKS": "/nowhere"}
    box.start()
    async with connect(box.mcp_url) as llm:
        assert await call(llm, "pages__titles") == EXPECTED
    await tampered(box, environments[0]["lock"])


async def tampered(box: Box, lock: str) -> None:
    box.stop()
    site = next(path for path in (box.data_dir / "runtime").glob("env-*") if path.is_dir())
    (site / "yaml/__init__.py").write_text("def safe_load(text):\n    return 'owned'\n")
    box.start()
    async with connect(box.mcp_url) as llm:
        with pytest.raises(Refused) as refused:
            await call(llm, "pages__titles")
        assert "yaml/__init__.py was changed after installation" in str(refused.value), refused.value
        assert "failed" in box.cli("package", "list").stdout

        # Deleted, it cannot come back while the index is away, and does when it is back.
        for path in sorted(site.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        site.rmdir()
        box.as_admin("package", "install", lock[:16])
        with pytest.raises(Refused) as refused:
            await call(llm, "pages__titles")
        assert "cannot be installed" in str(refused.value), refused.value
    box.stop()
    box.env |= WITH_INDEX
    box.start()
    async with connect(box.mcp_url) as llm:
        assert await call(llm, "pages__titles") == EXPECTED


async def test_without_an_index_nothing_can_be_approved(box: Box) -> None:
    box.stop()
    box.env |= {"UV_FIND_LINKS": "/nowhere"}
    box.start()
    async with connect(box.mcp_url) as llm:
        review = await asked(llm, box)
        packages = await settled(box, review)
        assert packages["state"] == "failed" and packages["reason"], packages
        assert "cannot be approved" in box.cli("review", "show", review).stdout
        done = box.cli("review", "approve", review, "--username", "ada", "--password-stdin", stdin="correct horse battery staple\n", fails=True)
        assert "cannot be resolved" in done.stderr, done.stderr
        status = await llm.call("mcpbox_get_tool_status", tool_id="pages__titles")
        assert "cannot be resolved" in status["packages"], status
