"""The page of sources in a real browser, with real servers to add, change, log in to and take away: e2e/namespace, which needs this network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

E2E = Path(__file__).resolve().parent.parent.parent / "e2e"


def test_the_page_of_sources_adds_imports_logs_in_and_tells_what_changed() -> None:
    command = [os.environ["MCPBOX_NODE"], "node_modules/@playwright/test/cli.js", "test", "--config", "namespace.config.ts"]
    done = subprocess.run(command, cwd=E2E, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
