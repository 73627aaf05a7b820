"""A Docker engine of this test run alone, started and ended here, and what its command line says."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

WORK = Path(os.environ["MCPBOX_WORK"])
ROOT = Path(os.environ["MCPBOX_ROOT"])
START_LIMIT_S = 60
STOP_LIMIT_S = 60
# A client of the engine's own age: a newer one may lack the builder.
DOCKER = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"


class Engine:
    """`dockerd` until `stop`."""

    def __init__(self, *options: str) -> None:
        self.log = WORK / "dockerd.log"
        with self.log.open("ab") as log:
            command = [*shlex.split(os.environ["MCPBOX_DOCKERD"]), *options]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        while subprocess.run([DOCKER, "version"], capture_output=True, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the Docker engine does not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def docker(*arguments: str, fails: bool = False, limit_s: float = 120, **options: Any) -> str:
    """What a command prints, both streams; fails the test when the exit code is unexpected."""
    done = subprocess.run(
        [DOCKER, *arguments], stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=limit_s, check=False, **options,
    )  # fmt: skip
    if (done.returncode != 0) != fails:
        raise AssertionError(f"docker {' '.join(arguments)} → {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout


def remove_all() -> None:
    """Containers and networks of this engine, and volumes that have no name."""
    if found := docker("ps", "--all", "--quiet").split():
        docker("rm", "--force", "--volumes", *found)
    docker("volume", "prune", "--force")
    docker("network", "prune", "--force")


def inspect(name: str) -> dict[str, Any]:
    return json.loads(docker("inspect", name))[0]


def python_in(container: str, code: str, fails: bool = False) -> str:
    """What Python prints inside a container: the image has no other tools to look around with."""
    return docker("exec", container, "python3", "-I", "-c", code, fails=fails)
