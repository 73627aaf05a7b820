"""Backup, restore, moving house, keys: the real binary, and what a wiped box says afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from box import PASSWORD, PROGRAM, USERNAME, Box
from llm import connect
from test_storage import postgres_url  # noqa: F401  (a fixture)

PASSPHRASE = "a passphrase of many words"
SECRET = "s3cr3t-value-of-the-forecast"
CODE = '''async def main(a: int, b: int) -> int:
    """Adds, and knows that a key is there."""
    return a + b + len(secrets["API_KEY"]) * 0
'''


async def fill(box: Box) -> None:
    """A live tool with a secret, a grant and a review behind it, and one that waits."""
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_create_server", name="maths")
        await llm.call("mcpbox_create_server_secret", server_id="maths", key="API_KEY", description="x", hosts=["api.example.com"])
        await llm.publish(box, "maths", "add", CODE)
        await llm.call("mcpbox_start_server", server_id="maths")
        await llm.call("mcpbox_create_tool", server_id="maths", name="later", python_code=CODE)
        await llm.call("mcpbox_request_publish", tool_id="maths__later")
    arguments = ("secret", "set", "maths", "API_KEY", "--username", USERNAME, "--password-stdin")
    box.cli(*arguments, stdin=f"{PASSWORD}\n{SECRET}\n")
    async with connect(box.mcp_url) as llm:
        assert await llm.call("maths__add", a=20, b=22) == {"result": 42}


async def works(box: Box) -> None:
    """Everything of `fill` is there, and goes on."""
    async with connect(box.mcp_url) as llm:
        assert await llm.call("maths__add", a=1, b=2) == {"result": 3}
    assert box.open_review("maths__later")
    box.approve("maths__later")
    assert "intact" in box.cli("audit", "verify").stdout


def wipe(box: Box, *, key: bool) -> None:
    for pattern in ["mcpbox.*", *(["encryption.key*"] if key else [])]:
        for path in box.data_dir.glob(pattern):
            path.unlink()


@pytest.mark.anyio
async def test_a_backup_of_an_older_schema_is_restored_and_migrated(fresh: Box) -> None:
    """`fill`, backed up with its key when `m0010_room` was the newest migration."""
    fresh.data_dir.mkdir(mode=0o700, exist_ok=True)
    said = fresh.cli("restore", str(Path(__file__).parent / "fixtures/m0010.backup"), "--passphrase-stdin", stdin=PASSPHRASE + "\n").stdout
    assert "seal and audit chain" in said, said
    await works(fresh.start())


@pytest.mark.anyio
async def test_a_wiped_box_is_restored_and_its_tool_answers(box: Box, tmp_path: Path) -> None:
    await fill(box)
    plain, sealed = tmp_path / "plain.backup", tmp_path / "sealed.backup"
    assert "not in it" in box.cli("backup", str(plain)).stdout
    both = ("--encrypt", "--include-key", "--passphrase-stdin")
    box.cli("backup", str(sealed), *both, stdin=PASSPHRASE + "\n")
    for path in (plain, sealed):
        assert SECRET.encode() not in path.read_bytes() and path.stat().st_mode & 0o777 == 0o600
    assert "exists already" in box.cli("backup", str(plain), fails=True).stderr
    assert "another mcpbox server" in box.cli("restore", str(plain), "--replace", fails=True).stderr
    box.stop()

    # Not empty, and then without the key.
    assert "--replace" in box.cli("restore", str(plain), fails=True).stderr
    key = (box.data_dir / "encryption.key").read_text()
    wipe(box, key=True)
    assert "no encryption key here" in box.cli("restore", str(plain), fails=True).stderr
    (box.data_dir / "encryption.key").write_text("ab" * 32 + "\n")
    (box.data_dir / "encryption.key").chmod(0o600)
    refused = box.cli("restore", str(plain), fails=True).stderr
    assert "is not the key of this backup" in refused and "Nothing was changed" in refused
    assert not list(box.data_dir.glob("mcpbox.db*")), "nothing is left of what was refused"

    # With the key.
    (box.data_dir / "encryption.key").write_text(key)
    assert "seal and audit chain" in box.cli("restore", str(plain)).stdout
    box.start()
    await works(box)
    box.stop()

    # The other file brings its key.
    wipe(box, key=True)
    assert "not the passphrase" in box.cli("restore", str(sealed), "--passphrase-stdin", stdin="another passphrase\n", fails=True).stderr
    box.cli("restore", str(sealed), "--passphrase-stdin", stdin=PASSPHRASE + "\n")
    assert (box.data_dir / "encryption.key").read_text() == key
    box.start()
    await works(box)
    box.stop()

    # In place of what is there, which is kept.
    assert "is kept as" in box.cli("restore", str(plain), "--replace").stdout
    assert list(box.data_dir.glob("mcpbox.db.replaced-*"))
    box.start()
    await works(box)
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(plain.read_bytes()[:-100])
    box.stop()
    assert "damaged or was cut off" in box.cli("restore", str(damaged), "--replace", fails=True).stderr
    box.start()
    async with connect(box.mcp_url) as llm:
        assert await llm.call("maths__later", a=2, b=2) == {"result": 4}


@pytest.mark.anyio
async def test_a_box_moves_to_postgresql_and_back(box: Box, postgres_url: str, tmp_path: Path) -> None:  # noqa: F811
    await fill(box)
    there, back = tmp_path / "there.backup", tmp_path / "back.backup"
    box.cli("backup", str(there))
    box.stop()
    box.env["DATABASE_URL"] = postgres_url
    assert "postgres://" in box.cli("restore", str(there)).stdout
    assert "is not empty" in box.cli("restore", str(there), fails=True).stderr
    box.start()
    await works(box)
    box.cli("backup", str(back))
    refused = box.cli("key", "rotate", fails=True).stderr
    assert "cannot be rotated while a server runs" in refused
    box.stop()
    assert "values are encrypted" in box.cli("key", "rotate", "--data-keys").stdout
    box.start()
    async with connect(box.mcp_url) as llm:
        assert await llm.call("maths__later", a=2, b=2) == {"result": 4}
    box.stop()
    # The backup from before the rotation wants the key from before it, which was kept.
    del box.env["DATABASE_URL"]
    before = next(box.data_dir.glob("encryption.key.before-*")).read_text()
    wipe(box, key=False)
    assert "is not the key of this backup" in box.cli("restore", str(back), fails=True).stderr
    (box.data_dir / "encryption.key").write_text(before)
    box.cli("restore", str(back))
    box.start()
    async with connect(box.mcp_url) as llm:
        assert await llm.call("maths__later", a=2, b=2) == {"result": 4}


@pytest.mark.anyio
async def test_a_rotation_that_is_killed_anywhere_is_finished_by_the_next(box: Box) -> None:
    await fill(box)
    box.stop()
    key = box.data_dir / "encryption.key"
    began = time.monotonic()
    box.cli("key", "rotate", "--data-keys")
    whole = time.monotonic() - began
    dice = random.Random(6)
    for _ in range(int(os.environ.get("MCPBOX_LONG") or 0) * 20 + 6):
        process = subprocess.Popen(
            [str(PROGRAM), "key", "rotate", "--data-keys", "--data-dir", str(box.data_dir)],
            env=box.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(dice.uniform(0.0, whole))
        process.send_signal(signal.SIGKILL)
        process.wait()
        box.cli("key", "rotate", "--data-keys")
        assert not (box.data_dir / "encryption.key.next").exists()
    # As if it was killed between the commit and the new name of the key: the server says what to do.
    kept = key.read_text()
    box.cli("key", "rotate")
    key.rename(box.data_dir / "encryption.key.next")
    key.write_text(kept)
    key.chmod(0o600)
    refused = box.cli("audit", "verify", fails=True).stderr
    assert "mcpbox key rotate" in refused
    box.cli("key", "rotate")
    box.start()
    await works(box)


@pytest.mark.anyio
async def test_tools_of_the_original_arrive_for_review(box: Box, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "crates/mcpbox-catalog/tests/it/fixtures/original-export-1.2.json"
    trial = box.as_admin("import", str(source), "--dry-run").stdout
    assert "4 tools would be imported" in trial and not box.cli_json("server", "list")
    told = box.as_admin("import", str(source)).stdout
    assert "weather_api__get_current_weather: in review" in told and "asks for host api.example.org" in told
    box.approve("weather_api__to_fahrenheit")
    async with connect(box.mcp_url) as llm:
        await llm.call("mcpbox_start_server", server_id="weather_api")
        assert await llm.call("weather_api__to_fahrenheit", celsius=100) == {"result": 212}
    exported = tmp_path / "export.json"
    box.cli("export", str(exported))
    assert [server["name"] for server in json.loads(exported.read_text())["servers"]] == ["home", "weather_api"]
    again = box.as_admin("import", str(exported)).stdout
    assert "this MCPbox" in again and "0 tools imported" in again
    cut = tmp_path / "cut.json"
    cut.write_text(exported.read_text()[:500])
    assert "damaged or was cut off" in box.as_admin_fails("import", str(cut))
