"""A sandbox worker under test: the real binary with `--role sandbox`, on a data directory and a port of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from box import PREPARED, PROGRAM, START_LIMIT_S, STOP_LIMIT_S, clean_environment


class Worker:
    """One worker process. Keeps its address over restarts."""

    def __init__(self, data_dir: Path, key: str, **env: str) -> None:
        self.data_dir = data_dir
        self.env = env
        self.key = key
        self.url = ""
        self.log = data_dir.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Worker:
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        if not (self.data_dir / "runtime").exists():
            (self.data_dir / "runtime").symlink_to(PREPARED / "runtime")  # complete, so only read
        ready = self.data_dir.with_suffix(".ready.json")
        ready.unlink(missing_ok=True)
        command = [
            str(PROGRAM), "serve", "--role", "sandbox", "--data-dir", str(self.data_dir), "--ready-file", str(ready),
            "--sandbox-addr", self.url.removeprefix("http://") or "127.0.0.1:0", "--log", "debug",
        ]  # fmt: skip
        env = clean_environment({"MCPBOX_SANDBOX_KEY": self.key} | self.env)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        while not ready.exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.005)
        answer = json.loads(ready.read_text())
        assert set(answer) == {"sandbox_url", "pid"} and answer["pid"] == self.process.pid, answer
        assert not self.url or answer["sandbox_url"] == self.url
        self.url = answer["sandbox_url"]
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """SIGTERM; fails when it took too long or ended badly."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(STOP_LIMIT_S) == 0, self.log.read_text()
        self.process = None

    def metric(self, name: str) -> float:
        """The sum of the samples of a metric, over all environments."""
        request = urllib.request.Request(f"{self.url}/metrics", headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 (its own address)
            return total(answer.read().decode(), name)


def total(text: str, name: str) -> float:
    """The sum of the samples whose names begin with `name`."""
    samples = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)]
    assert samples, f"no {name} in\n{text}"
    return sum(map(float, samples))
