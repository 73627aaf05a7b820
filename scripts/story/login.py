"""A browser without scripts, and the human at it: opens what a client wants opened, and lets the admin allow what the page shows."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from box import AdminSession, Box

LIMIT_S = 30


def remote_box(directory: Path, port: int, **settings: str) -> Box:
    """A running box with remote access at a loopback address, which alone may be without https."""
    env = {"MCPBOX_PUBLIC_URL": f"http://127.0.0.1:{port}", "MCPBOX_REMOTE_ADDR": f"127.0.0.1:{port}"} | settings
    box = Box(directory / "data", env).start()
    box.create_admin()
    return box


class Browser:
    """One tab: keeps the cookies of the login server."""

    def __init__(self, admin: AdminSession) -> None:
        self.admin = admin
        self.page = ""
        self._cookie = ""
        self._where = ""
        self._origin = ""

    def open(self, url: str) -> int:
        parts = urlsplit(url)
        self._origin = parts.netloc
        status, headers = self._get(f"{parts.path}?{parts.query}")
        if cookie := headers.get("Set-Cookie"):
            self._cookie = cookie.split(";")[0]
        if found := re.search(r'content="\d+;url=([^"]+)"', self.page):
            self._where = found[1]
        self.sent_to = headers.get("Location", "")
        return status

    def code(self) -> str:
        found = re.search(r'class="code">([A-Z-]+)<', self.page)
        assert found, self.page
        return found[1]

    def allow(self, scopes: Sequence[str] = ()) -> None:
        """The admin looks for the code of this page, and allows it."""
        waiting = self.admin.send("GET", "/oauth/requests")["items"]
        request = next(one for one in waiting if one["code"] == self.code())
        body = {"code": request["code"], "scopes": list(scopes) or request["scopes"]}
        self.admin.send("POST", f"/oauth/requests/{request['id']}/approve", body)

    def go_on(self) -> str:
        """Where the browser is sent, once somebody has decided."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            status, headers = self._get(self._where)
            if status == 302:
                return headers["Location"]
            assert status == 200, (status, self.page)
            time.sleep(0.05)
        raise AssertionError("nobody decided")

    def _get(self, path: str) -> tuple[int, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection(self._origin, timeout=30)
        connection.request("GET", path, headers={"Cookie": self._cookie} if self._cookie else {})
        response = connection.getresponse()
        self.page = response.read().decode()
        connection.close()
        return response.status, response.headers


def answer_of(url: str) -> dict[str, str]:
    """The parameters that a client gets back."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def log_in(admin: AdminSession, url: str, scopes: Sequence[str] = ()) -> str:
    """From the address that a client opens to the address that the browser is sent back to."""
    browser = Browser(admin)
    status = browser.open(url)
    assert status == 200, (status, browser.page)
    browser.allow(scopes)
    return browser.go_on()
