"""OAuth by hand against the remote listener, as a proxy on this machine hands it on: every header and parameter as a test wants it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from box import PASSWORD, UNLIMITED, USERNAME, AdminSession, Box

PUBLIC = "https://box.example.com"
CALLBACK = "https://client.example/callback"
OWNER, ATTACKER = "203.0.113.1", "198.51.100.66"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def settings() -> dict[str, str]:
    """A box with remote access behind a proxy on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return UNLIMITED | {"MCPBOX_PUBLIC_URL": PUBLIC, "MCPBOX_REMOTE_ADDR": f"127.0.0.1:{port}", "MCPBOX_TRUSTED_PROXIES": "127.0.0.1"}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    def json(self) -> Any:
        return json.loads(self.text)

    def error(self) -> str:
        return self.json()["error"]


@dataclass
class Login:
    """A request for access in one browser."""

    path: str
    cookie: str
    proof: str
    page: Answer
    scopes: list[str] = field(default_factory=list)


class Remote:
    """The remote listener."""

    def __init__(self, box: Box) -> None:
        self.public = box.env["MCPBOX_PUBLIC_URL"]
        self.port = int(box.env["MCPBOX_REMOTE_ADDR"].rsplit(":", 1)[1])

    def send(self, method: str, path: str, body: str | None = None, *, sender: str = OWNER, **headers: str | None) -> Answer:
        """Sends one request. A header is named with underscores; None leaves it out."""
        given = {"host": urlsplit(self.public).netloc, "x_forwarded_for": sender, "x_forwarded_proto": "https"} | headers
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name.replace("_", "-"), value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(None if body is None else body.encode())
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def form(self, path: str, fields: dict[str, str] | list[tuple[str, str]], **headers: str | None) -> Answer:
        return self.send("POST", path, urlencode(fields), **({"content_type": "application/x-www-form-urlencoded"} | headers))

    def register(self, name: str = "Client", *redirects: str, **headers: str | None) -> Answer:
        body = json.dumps({"client_name": name, "redirect_uris": list(redirects) or [CALLBACK]})
        return self.send("POST", "/oauth/register", body, **({"content_type": "application/json"} | headers))

    def client(self, name: str = "Client", *redirects: str) -> str:
        registered = self.register(name, *redirects)
        assert registered.status == 201, registered
        return registered.json()["client_id"]

    def authorize(self, client: str, *, sender: str = OWNER, **other: str) -> Answer:
        """`GET /oauth/authorize`; an empty value leaves a parameter out."""
        known = {
            "response_type": "code", "client_id": client, "redirect_uri": CALLBACK, "code_challenge": CHALLENGE,
            "code_challenge_method": "S256", "scope": "mcp:tools", "state": "a state", "resource": f"{self.public}/mcp",
        }  # fmt: skip
        query = urlencode({name: value for name, value in (known | other).items() if value})
        return self.send("GET", f"/oauth/authorize?{query}", sender=sender)

    def begin(self, client: str, **other: str) -> Login:
        page = self.authorize(client, **other)
        assert page.status == 200, (page.status, page.location, page.text[:500])
        cookie = page.headers["Set-Cookie"].split(";")[0]
        action = re.search(r'action="(/oauth/authorize/[^"]+)"', page.text)
        proof = re.search(r'name="proof" value="([^"]+)"', page.text)
        assert action and proof, page.text
        return Login(action[1], cookie, proof[1], page, other.get("scope", "mcp:tools").split())

    def allow(self, login: Login, *, password: str = PASSWORD, **headers: str | None) -> Answer:
        """The human types a password into the page."""
        fields = [("proof", login.proof), ("decision", "allow"), ("username", USERNAME), ("password", password)]
        fields += [(f"scope:{scope}", "1") for scope in login.scopes]
        return self.form(login.path, fields, **({"cookie": login.cookie, "origin": self.public} | headers))

    def code(self, client: str, **other: str) -> dict[str, str]:
        """What the client's callback is told after a human allowed it."""
        login = self.begin(client, **other)
        allowed = self.allow(login)
        assert allowed.status == 200, allowed.text
        back = self.send("GET", login.path, cookie=login.cookie)
        assert back.status == 302, (back.status, back.text)
        return {name: values[0] for name, values in parse_qs(urlsplit(back.location).query).items()}

    def exchange(self, client: str, code: str, /, **other: str) -> Answer:
        known = {"grant_type": "authorization_code", "code": code, "client_id": client, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.form("/oauth/token", {name: value for name, value in (known | other).items() if value})

    def refresh(self, client: str, token: str, **other: str) -> Answer:
        return self.form("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, "client_id": client} | other)

    def tokens(self, client: str, **other: str) -> dict[str, str]:
        answer = self.exchange(client, self.code(client, **other)["code"])
        assert answer.status == 200, answer.text
        return answer.json()

    def mcp(self, token: str | None, message: dict[str, Any] | None = None, path: str = "/mcp", **headers: str | None) -> Answer:
        """One message, `initialize` unless given."""
        client = {"name": "attacker", "version": "1"}
        hello = {"method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}}
        body = json.dumps({"jsonrpc": "2.0", "id": 1} | (message or hello))
        known = {"content_type": "application/json", "accept": "application/json, text/event-stream"}
        known["authorization"] = f"Bearer {token}" if token else None  # type: ignore[assignment]
        return self.send("POST", path, body, **(known | headers))

    def call(self, token: str, tool: str, **arguments: Any) -> Answer:
        """A call in a session of its own."""
        session = self.mcp(token).headers["Mcp-Session-Id"]
        message = {"method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        return self.mcp(token, message, mcp_session_id=session, mcp_protocol_version="2025-11-25")


def allow_passwords(box: Box) -> None:
    """Lets humans log in with a password on the page of the remote listener."""
    admin = AdminSession(box.admin_url)
    known = admin.send("GET", "/settings")
    admin.send("PUT", "/settings", known | {"remote": known["remote"] | {"password_login": True}})
