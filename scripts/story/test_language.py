"""The strict policy through the public door: each known way around the language rules is refused, with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from box import Box
from llm import Llm, Refused, connect

pytestmark = pytest.mark.anyio

TRICKS = Path(__file__).resolve().parents[2] / "crates/mcpbox-sandbox/escapes/strict.txt"


def tricks() -> list[tuple[str, str, str]]:
    """(name, how it is refused, code)"""
    blocks = TRICKS.read_text().split("\n== ")[1:]
    parts = [block.split("\n", 2) for block in blocks]
    return [(name, refused.removeprefix("refused: "), code) for name, refused, code in parts]


def refused_before(analysis: dict[str, Any], rule: str, line: int) -> bool:
    return (rule, line) in [(finding["rule"], finding["line"]) for finding in analysis["findings"] if finding["severity"] == "error"]


async def test_every_known_trick_is_refused_at_its_line(shared: Box) -> None:
    async with connect(shared.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="tricks")
        for number, (name, refused, code) in enumerate(tricks()):
            if not refused.startswith("running, "):
                rule, line = refused.rsplit(" at ", 1)
                analysis = await llm.call("mcpbox_validate_code", code=code)
                assert refused_before(analysis, rule, int(line)), (name, refused, analysis)
                with pytest.raises(Refused):
                    await llm.call("mcpbox_create_tool", server_id="tricks", name=f"trick_{number}", python_code=code)
                continue
            text, _, line = refused.removeprefix("running, ").partition(" at ")
            tool = f"tricks__trick_{number}"
            await llm.call("mcpbox_create_tool", server_id="tricks", name=f"trick_{number}", python_code=code)
            arguments = {"value": "x"} if "def main(value" in code else {}
            answer = await llm.call("mcpbox_test_code", tool_id=tool, arguments=arguments)
            error = answer["failure"]
            assert text in f"{error['kind']}: {error['message']}", (name, error)
            assert not line or error.get("line") == int(line), (name, error)
