"""A running MCPbox under test: the real binary on a data directory of its own, and its command line."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import database

PROGRAM = Path(os.environ["MCPBOX_BIN"])
PREPARED = Path(os.environ["MCPBOX_PREPARED"])
USERNAME = "ada"
PASSWORD = "correct horse battery staple"
START_LIMIT_S = 60
STOP_LIMIT_S = 5
CLI_LIMIT_S = 60
# Limits that no test reaches, for boxes with a public address: there they cannot be off.
MANY = 1_000_000
UNLIMITED = {
    "MCPBOX_RATE_LIMIT": "on",
    "MCPBOX_RATE_LIMITS": ",".join(
        f"{name}={MANY}" for name in ("requests", "logins", "tools", "calls", "tokens", "registrations", "authorizations", "looks")
    ),
}


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """This environment without any setting of MCPbox or a database, plus `extra`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MCPBOX_") and k != "DATABASE_URL"}
    return env | {"MCPBOX_RATE_LIMIT": "off"} | (extra or {})


class AdminSession:
    """The REST API as the admin page uses it: a login and its cookie."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Content-Type": "application/json", "Origin": url}
        self.send("POST", "/session", {"username": USERNAME, "password": PASSWORD})

    def reconnect(self) -> None:
        """After a pause: the server closes connections that idle."""
        self._connection.close()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self._exchange(method, path, body)
        assert status < 300, (method, path, status, str(answer)[:2000])
        return answer

    def refused(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The problem that a request must end in."""
        status, answer = self._exchange(method, path, body)
        assert status == answer["status"] >= 400, (method, path, status, str(answer)[:2000])
        return answer

    def _exchange(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, "/api" + path, text, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if cookie := response.headers.get("Set-Cookie"):
            self._headers["Cookie"] = cookie.split(";")[0]
        return response.status, json.loads(answer) if answer else None


def link_or_copy(source: str, target: str) -> None:
    """The same file under another name, as nobody changes one in place; on another disk a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Box:
    """One server process. `start` returns once calls are served."""

    def __init__(self, data_dir: Path, env: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.env = clean_environment(database.settings() | (env or {}))
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}
        self.log = data_dir.with_suffix(".log")

    @property
    def mcp_url(self) -> str:
        return self.ready["mcp_url"]

    @property
    def admin_url(self) -> str:
        return self.ready["admin_url"]

    def prepare(self) -> None:
        """Takes over the runtime environment that the test run built once, so that no test needs the network."""
        if not self.data_dir.exists():
            shutil.copytree(PREPARED, self.data_dir, symlinks=True, copy_function=link_or_copy)
            self.data_dir.chmod(0o700)

    def start(self, *arguments: str) -> Box:
        self.prepare()
        ready_file = self.data_dir.with_suffix(".ready.json")
        ready_file.unlink(missing_ok=True)
        command = [
            str(PROGRAM), "serve", "--data-dir", str(self.data_dir), "--ready-file", str(ready_file),
            "--admin-addr", "127.0.0.1:0", *(() if "--mcp-addr" in arguments else ("--mcp-addr", "127.0.0.1:0")), *arguments,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        while not ready_file.exists():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log.read_text()}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the server was not ready in {START_LIMIT_S} s:\n{self.log.read_text()}")
            time.sleep(0.005)
        self.ready = json.loads(ready_file.read_text())
        return self

    def stop(self) -> float:
        """SIGTERM; returns the seconds it took. Fails when it took too long or ended badly."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {STOP_LIMIT_S} s:\n{self.log.read_text()}") from None
        assert code == 0, f"the server ended with {code}:\n{self.log.read_text()}"
        self.process = None
        return time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL: no chance to write anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def cli(self, *arguments: str, stdin: str | None = None, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Runs the command line against this data directory; fails the test when the exit code is unexpected."""
        done = subprocess.run(
            [str(PROGRAM), *arguments, "--data-dir", str(self.data_dir)],
            env=self.env, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True, text=True, timeout=CLI_LIMIT_S, check=False,
        )  # fmt: skip
        if (done.returncode != 0) != fails:
            raise AssertionError(f"mcpbox {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def cli_json(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--json").stdout)

    def create_admin(self) -> None:
        self.cli("admin", "create", "--username", USERNAME, "--password-stdin", stdin=PASSWORD + "\n")

    def as_admin(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command that decides, with the admin's password on standard input."""
        return self.cli(*arguments, "--username", USERNAME, "--password-stdin", stdin=PASSWORD + "\n")

    def as_admin_fails(self, *arguments: str) -> str:
        """What a command that decides says when it must be refused."""
        login = ("--username", USERNAME, "--password-stdin")
        return self.cli(*arguments, *login, stdin=PASSWORD + "\n", fails=True).stderr

    def open_review(self, tool: str) -> dict[str, Any]:
        """The one open review of `tool` (`server__tool`)."""
        found = [item for item in self.cli_json("review", "list") if item["tool"] == tool]
        assert len(found) == 1, found
        return found[0]

    def approve(self, tool: str) -> str:
        """Approves the open review of `tool` as a human at a terminal would; returns what was shown."""
        review = self.open_review(tool)["id"]
        return self.as_admin("review", "approve", review, *self.read_carefully(review)).stdout

    def read_carefully(self, review: str) -> list[str]:
        """What approving a review takes of a human who read every finding and typed the name."""
        needs = json.loads(self.cli("review", "show", review, "--json").stdout)["approval_needs"]
        typed = [word for finding in needs["acknowledge"] for word in ("--acknowledge", finding)]
        return typed + (["--tool-name", needs["tool_name"]] if needs["tool_name"] else [])

    def allow_many_requests(self) -> None:
        """Lets one client have as many requests open as a test makes."""
        admin = AdminSession(self.admin_url)
        admin.send("PUT", "/settings", admin.send("GET", "/settings") | {"open_requests_per_client": 1_000})

    def approve_all(self) -> None:
        """Approves everything that waits, as a human with a browser session."""
        admin = AdminSession(self.admin_url)
        while items := admin.send("GET", "/reviews?state=open&page_size=100")["items"]:
            for item in items:
                admin.send("POST", f"/reviews/{item['id']}/approve", {"content_hash": item["content_hash"], "comment": ""})

    def children(self) -> dict[int, str]:
        """All descendants of the server by process id, with their command lines."""
        assert self.process is not None
        found: dict[int, str] = {}
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
            except OSError:
                continue  # It ended meanwhile.
            for task in tasks:
                try:
                    pids = [int(word) for word in task.read_text().split()]
                except OSError:
                    continue
                for child in pids:
                    try:
                        line = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    except OSError:
                        continue
                    found[child] = line
                    waiting.append(child)
        return found
