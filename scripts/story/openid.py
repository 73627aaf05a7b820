"""A real OpenID provider on the LAN, and somebody's browser: cookies, redirects, and the forms of the provider's page."""

from __future__ import annotations

import html
import http.client
import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from lan_host import ADDRESS

PROVIDER = Path(__file__).parent / "oidc/provider.mjs"
CLIENT_ID, CLIENT_SECRET = "mcpbox", "the-secret-of-the-client"
HOPS_MAX = 20


class OpenIdProvider:
    """The npm package oidc-provider, certified by the OpenID Foundation."""

    def __init__(self, redirect_url: str) -> None:
        command = [os.environ["MCPBOX_NODE"], str(PROVIDER), ADDRESS, redirect_url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.issuer = ""
        while not self.issuer:
            line = self._process.stdout.readline()
            assert line, f"the provider ended with {self._process.wait()}"
            if line.startswith("http"):
                self.issuer = line.strip()

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


class Browser:
    """Follows redirects and keeps cookies by host, as a browser does for what matters here."""

    def __init__(self) -> None:
        self.cookies: dict[str, dict[str, str]] = {}

    def send(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One exchange, without following."""
        parts = urlsplit(url)
        jar = self.cookies.setdefault(parts.netloc, {})
        sent = dict(headers or {})
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, sent)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            if "max-age=0" in cookie.lower() or "expires=thu, 01 jan 1970" in cookie.lower():
                jar.pop(name, None)
            else:
                jar[name] = value
        return response.status, response.headers, answer

    def api(self, box_url: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request of our own page."""
        text = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Origin": box_url}
        status, _, answer = self.send(method, f"{box_url}/api{path}", text, headers)
        return status, json.loads(answer) if answer else None

    def through_provider(self, url: str, person: str, stop_before: str) -> str:
        """Logs in at the provider as `person` and follows it until it leads to an address that begins with `stop_before`."""
        method, body = "GET", None
        for _ in range(HOPS_MAX):
            if url.startswith(stop_before):
                return url
            form = {"Content-Type": "application/x-www-form-urlencoded"} if body else None
            status, headers, page = self.send(method, url, body, form)
            if status in {302, 303}:
                method, body, url = "GET", None, urljoin(url, headers["Location"])
                continue
            assert status == 200, (status, url, page[:1000])
            text = page.decode()
            action = re.search(r'action="([^"]+)"', text)
            prompt = re.search(r'name="prompt" value="(\w+)"', text)
            assert action and prompt, text[:2000]
            fields = {"prompt": prompt[1]} | ({"login": person, "password": "any"} if prompt[1] == "login" else {})
            method, body, url = "POST", urlencode(fields).encode(), urljoin(url, html.unescape(action[1]))
        raise AssertionError(f"the provider does not come to an end: {url}")
