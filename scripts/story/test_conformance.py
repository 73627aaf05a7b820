"""The official conformance suite, in both eras, against the product with a pack of ordinary tools: made by a client, approved by a human,
run in the sandbox. What it should not pass stands in `conformance/expected-*.yaml`, with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from box import Box
from llm import connect
from mcp import Client
from short_names import ShortNames

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent / "conformance"
SUITE = HERE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
# The suite sends what a page at the endpoint's own address would send; such a page is let in by name only.
ADDRESS = "127.0.0.1:8017"
PIXEL = "iVBORw0KGgo"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    it = Box(tmp_path_factory.mktemp("conformance") / "data")
    it.start("--mcp-addr", "127.0.0.1:8018", "--mcp-allowed-origins", f"http://{ADDRESS}")
    try:
        it.create_admin()
        it.allow_many_requests()
        with ShortNames(ADDRESS, 8018):
            yield it
    finally:
        it.stop()


@pytest.fixture(scope="module")
async def pack(box: Box) -> Box:
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="conformance")
        await llm.call("mcpbox_start_server", server_id="conformance")
        for file in sorted((HERE / "tools").glob("*.py")):
            await llm.publish(box, "conformance", file.stem, file.read_text())
    return box


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
async def test_the_suite_passes_but_for_what_is_expected_to_fail(pack: Box, revision: str, tmp_path: Path) -> None:
    command = [
        os.environ["MCPBOX_NODE"], str(SUITE), "server", "--url", f"http://{ADDRESS}/mcp", "--requirements", revision,
        "--expected-failures", str(HERE / f"expected-{revision}.yaml"), "--output-dir", str(tmp_path),
    ]  # fmt: skip
    with anyio.fail_after(300):
        done = await anyio.run_process(command, check=False)
    told = done.stdout.decode().partition("=== SUMMARY ===")[2]
    assert done.returncode == 0, f"{told}\n{done.stderr.decode()}"
    assert "tools-call-with-progress: 2 passed" in told, told


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_what_the_tools_of_the_pack_return_is_what_they_return(pack: Box, era: Any) -> None:
    """The suite would also take other words, and a tool that is not there."""
    async with Client(pack.mcp_url, mode=era) as client:

        async def returns(tool: str) -> list[dict[str, Any]]:
            result = await client.call_tool(tool, {})
            return [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content]

        assert (await returns("test_simple_text"))[0]["text"] == "This is a simple text response for testing."
        image = (await returns("test_image_content"))[0]
        assert image["mimeType"] == "image/png" and image["data"].startswith(PIXEL)
        sound = (await returns("test_audio_content"))[0]
        assert sound["mimeType"] == "audio/wav" and sound["data"].startswith("UklGR")
        inside = (await returns("test_embedded_resource"))[0]["resource"]
        text = "This is an embedded resource content."
        assert inside == {"uri": "test://embedded-resource", "mimeType": "text/plain", "text": text}
        assert [block["type"] for block in await returns("test_multiple_content_types")] == ["text", "image", "resource"]
        failed = await client.call_tool("test_error_handling", {})
        assert failed.is_error and "intentionally returns an error" in failed.content[0].text
