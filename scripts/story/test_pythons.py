"""Every CPython on this machine that is new enough runs tools in the real jail."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from box import Box
from llm import connect

OLDEST = (3, 11)
VERSION = "import platform\ndef main(a: int, b: int = 2) -> str:\n    return platform.python_version() + ' ' + str(a + b)\n"


def interpreters() -> dict[str, str]:
    """One path for each version found in PATH or made by pyenv."""
    names = [f"python3.{minor}" for minor in range(OLDEST[1], 30)] + ["python3"]
    found = [path for name in names if (path := shutil.which(name))]
    found += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/*/bin/python3"))]
    versions: dict[str, str] = {}
    for path in found:
        asked = subprocess.run([path, "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True, check=False)
        version = asked.stdout.strip()
        if asked.returncode == 0 and tuple(map(int, version.split(".")[:2])) >= OLDEST:
            versions.setdefault(version, path)
    return versions


FOUND = interpreters()
assert FOUND, "no Python of 3.11 or newer"


@pytest.mark.anyio
@pytest.mark.parametrize("version", sorted(FOUND))
async def test_tools_run_jailed_on(fresh: Box, version: str) -> None:
    fresh.start("--python", FOUND[version])
    fresh.create_admin()
    async with connect(fresh.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.publish(fresh, "maths", "version", VERSION)
        await llm.call("mcpbox_start_server", server_id="maths")
        assert await llm.call("maths__version", a=40) == {"result": f"{version} 42"}
        refused = await llm.refused("maths__version", a="x")
        assert refused.kind == "invalid_arguments", refused
    assert version in fresh.cli("doctor", "--python", FOUND[version]).stdout
