"""The tiers as an operator meets them: refusal with one sentence, the flag that overrides it, and where its price is shown."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from box import PROGRAM, AdminSession, Box

DENY = Path(__file__).parents[2] / "crates/mcpbox-sandbox/tests/sandbox/tiers/deny.py"


@pytest.fixture
def no_landlock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the program runs as on a kernel without Landlock."""
    wrapped = tmp_path / "mcpbox-without-landlock"
    wrapped.write_text(f'#!/bin/sh\nexec {sys.executable} {DENY} landlock_create_ruleset=ENOSYS -- {PROGRAM} "$@"\n')
    wrapped.chmod(0o755)
    monkeypatch.setattr("box.PROGRAM", wrapped)


def test_all_layers_are_shown_as_tier_1(fresh: Box) -> None:
    fresh.start()
    fresh.create_admin()
    status = AdminSession(fresh.admin_url).send("GET", "/sandbox")
    assert status["tier"] == "full" and status["detail"].startswith("Tier 1"), status
    assert "WARNING" not in fresh.log.read_text()


def test_a_missing_layer_refuses_and_the_flag_says_its_price_everywhere(fresh: Box, no_landlock: None) -> None:
    with pytest.raises(AssertionError) as refused:
        fresh.start()
    refusal = str(refused.value)
    assert "refuses to start: landlock" in refusal and "Linux 6.12" in refusal and "--insecure-no-sandbox" in refusal, refusal

    doctor = fresh.cli("doctor", "--json", fails=True)
    checks = json.loads(doctor.stdout)
    assert not checks["ok"]
    failing = {check["layer"]: check for check in checks["checks"] if not check["ok"]}
    assert set(failing) == {"landlock", "tier"}, failing
    assert all(check["mandatory"] and check["wanted"] and check["got"] and check["why"] and check["fix"] for check in failing.values())

    (fresh.data_dir / "mcpbox.toml").write_text("insecure_no_sandbox = true\n")
    assert "--insecure-no-sandbox" in fresh.cli("config", fails=True).stderr, "the settings file may not say it"
    (fresh.data_dir / "mcpbox.toml").unlink()

    fresh.start("--insecure-no-sandbox")
    log = fresh.log.read_text()
    assert "WARNING INSECURE" in log and "INSECURE: tools run without landlock" in log, log
    fresh.create_admin()
    status = AdminSession(fresh.admin_url).send("GET", "/sandbox")
    assert status["tier"] == "none" and status["detail"].startswith("INSECURE") and "landlock" in status["detail"], status
    fresh.stop()
    checks = json.loads(fresh.cli("doctor", "--json", "--insecure-no-sandbox", fails=True).stdout)
    assert any(check["layer"] == "tier" and check["got"].startswith("INSECURE") for check in checks["checks"]), checks

    fresh.env["MCPBOX_INSECURE_NO_SANDBOX"] = "1"
    assert "MCPBOX_INSECURE_NO_SANDBOX" in fresh.cli("config").stdout
    fresh.start()
    fresh.stop()
