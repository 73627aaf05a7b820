"""Builds the runtime environment once, with network, into the directory that the tests copy. Ends when it is complete."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

LIMIT_S = 300
LOCK = Path(__file__).parents[2] / "runner/requirements.lock"
HTTPX = next(line.removesuffix(" \\\n") for line in LOCK.open() if line.startswith("httpx=="))


class SocketConnection(http.client.HTTPConnection):
    """HTTP over the command line's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        directory = os.open(self._path.parent, os.O_RDONLY)  # socket addresses are short, directories may be long
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(f"/proc/self/fd/{directory}/{self._path.name}")
        finally:
            os.close(directory)


def is_complete(directory: Path) -> bool:
    connection = SocketConnection(directory / "mcpbox.sock")
    try:
        connection.request("GET", "/api/sandbox")
        return bool(json.loads(connection.getresponse().read())["base_ready"])
    except (OSError, ValueError, KeyError):
        return False
    finally:
        connection.close()


def fetch_wheels(directory: Path) -> None:
    """What a package index gives for the packages of the tests, on the interpreter that the server will find."""
    wanted = ["pyyaml>=6", "beautifulsoup4", "regex", "tzdata", HTTPX]
    mark = directory / "wanted.json"
    known = json.dumps([wanted, subprocess.check_output(["python3", "-V"], text=True)])
    if mark.exists() and mark.read_text() == known:
        return
    shutil.rmtree(directory, ignore_errors=True)
    command = ["python3", "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", str(directory), *wanted]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit("the wheels of the package tests could not be fetched; does this machine reach the package index?")
    mark.write_text(known)


def main(program: str, directory: Path, wheels: Path) -> None:
    fetch_wheels(wheels)
    command = [program, "serve", "--data-dir", str(directory), "--admin-addr", "127.0.0.1:0", "--mcp-addr", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LIMIT_S
        while not is_complete(directory):
            if server.poll() is not None:
                sys.exit(f"the server ended with {server.returncode} while it prepared {directory}")
            if time.monotonic() > deadline:
                sys.exit(f"the base packages were not installed in {LIMIT_S} s; does this machine reach the package index?")
            time.sleep(0.1)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
    for entry in directory.iterdir():  # only the environment is shared, no database and no key
        if entry.name != "runtime":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def alone(directory: Path) -> TextIO:
    """Waits for who prepares the same directory; keep what it gives."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    lock = directory.with_suffix(".lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


if __name__ == "__main__":
    with alone(Path(sys.argv[2])):
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
