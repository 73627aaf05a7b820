"""Pages that a tool brings along (the extension MCP Apps): listed with the tool, served as a resource, and only its own."""

from __future__ import annotations

import pytest
from box import Box
from llm import ERAS, connect

pytestmark = pytest.mark.anyio

PAGE = "text/html;profile=mcp-app"
CODE = '''
@resource("ui://lamp/panel", mime_type="text/html;profile=mcp-app")
def panel():
    """A panel for the lamp."""
    return "<!doctype html><title>Lamp</title>"


def main() -> str:
    """Says how the lamp is."""
    return "off"
'''


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_brings_its_page_along(era: str, box: Box) -> None:
    async with connect(box.mcp_url, era) as llm:
        capabilities = llm.client.server_capabilities
        assert PAGE in str(capabilities.extensions["io.modelcontextprotocol/ui"])
        await llm.call("mcpbox_create_server", name="home")
        await llm.call("mcpbox_start_server", server_id="home")
        await llm.publish(box, "home", "lamp", CODE)
        # Whoever comes second with the same page gets none of another's.
        await llm.publish(box, "home", "copy", CODE)
        tools = {tool.name: tool for tool in (await llm.client.list_tools(cache_mode="bypass")).tools}
        assert tools["home__lamp"].meta["ui"] == {"resourceUri": "ui://lamp/panel"}
        assert not (tools["home__copy"].meta or {}).get("ui")
        page = (await llm.client.read_resource("ui://lamp/panel")).contents[0]
        assert (page.mime_type, page.text) == (PAGE, "<!doctype html><title>Lamp</title>")
        for code in (CODE.replace(PAGE, "text/html"), CODE.replace("ui://", "lamp://"), CODE.replace("panel\"", "{panel}\"")):
            told = await llm.call("mcpbox_validate_code", code=code)
            assert "ui:// is for pages" in str(told), told
