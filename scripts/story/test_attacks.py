"""Attacks on remote access, against the real binary: each is refused with the status that says so, and nothing comes of it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from box import PASSWORD, USERNAME, Box
from front_proxy import ADDRESS, Authority
from oauth_flow import ATTACKER, CALLBACK, OWNER, PUBLIC, Remote, allow_passwords, settings

# What the metadata of clients is fetched from: a name that leads to a public address, which only this test's network has.
METADATA_HOST = os.environ.get("MCPBOX_METADATA_HOST", "")
METADATA_ADDRESS = os.environ.get("MCPBOX_METADATA_ADDRESS", "")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), f"IP:{ADDRESS},DNS:{METADATA_HOST}")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Box]:
    box = Box(tmp_path_factory.mktemp("attacked") / "data", settings() | {"MCPBOX_EXTRA_CA": str(authority.file)}).start()
    box.create_admin()
    allow_passwords(box)
    yield box
    box.stop()


@pytest.fixture(scope="module")
def remote(box: Box) -> Remote:
    return Remote(box)


@pytest.fixture(scope="module")
def client(remote: Remote) -> str:
    return remote.client()


def test_the_way_that_is_meant_to_work_does(remote: Remote, client: str) -> None:
    told = remote.code(client)
    assert told["iss"] == PUBLIC and told["state"] == "a state", told
    tokens = remote.exchange(client, told["code"])
    assert tokens.status == 200 and tokens.headers["Cache-Control"] == "no-store", tokens
    assert remote.mcp(tokens.json()["access_token"]).status == 200
    assert remote.refresh(client, tokens.json()["refresh_token"]).status == 200


def test_a_code_that_comes_again_ends_what_it_gave(remote: Remote, client: str) -> None:
    code = remote.code(client)["code"]
    tokens = remote.exchange(client, code).json()
    assert remote.mcp(tokens["access_token"]).status == 200
    again = remote.exchange(client, code)
    assert (again.status, again.error()) == (400, "invalid_grant")
    assert remote.mcp(tokens["access_token"]).status == 401, "whoever was first has nothing either"
    assert remote.refresh(client, tokens["refresh_token"]).error() == "invalid_grant"


def test_a_code_is_good_for_its_client_its_verifier_and_its_address_alone(remote: Remote, client: str) -> None:
    other = remote.client("Other")
    for wrong in (
        {"client_id": other}, {"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": CALLBACK + "/other"},
        {"code": "x" * 64}, {"resource": "https://other.example/mcp"},
    ):  # fmt: skip
        refused = remote.exchange(client, remote.code(client)["code"], **wrong)
        assert (refused.status, refused.error()) in ((400, "invalid_grant"), (400, "invalid_target")), (wrong, refused)


def test_refresh_tokens_that_were_replaced_end_the_family(remote: Remote, client: str) -> None:
    first = remote.tokens(client)
    second = remote.refresh(client, first["refresh_token"]).json()
    third = remote.refresh(client, second["refresh_token"]).json()
    assert remote.mcp(third["access_token"]).status == 200
    stolen = remote.refresh(client, first["refresh_token"])
    assert (stolen.status, stolen.error()) == (400, "invalid_grant")
    assert remote.mcp(third["access_token"]).status == 401
    assert remote.refresh(client, third["refresh_token"]).error() == "invalid_grant"


def test_a_refresh_token_is_good_for_its_client_and_for_no_call(remote: Remote, client: str) -> None:
    tokens = remote.tokens(client)
    other = remote.refresh(remote.client("Other"), tokens["refresh_token"])
    assert (other.status, other.error()) == (400, "invalid_grant")
    assert remote.mcp(tokens["refresh_token"]).status == 401
    assert remote.refresh(client, tokens["access_token"]).error() == "invalid_grant"


REDIRECTS = [
    "https://evil.example/callback", "https://client.example.evil.example/callback", "https://client.example@evil.example/callback",
    "https://client.example:444/callback", "https://client.example/callback/../other", "https://client.example/callback?next=evil",
    "https://client.example/callback#x", "http://client.example/callback", "//client.example/callback", "javascript:alert(1)",
    "https://client.example\\@evil.example/callback", "https://CLIENT.example/callback", "https://client.example/callback%0d%0aX:y",
    "http://localhost.evil.example/callback", "data:text/html,x",
]  # fmt: skip


@pytest.mark.parametrize("target", REDIRECTS)
def test_nobody_is_sent_where_the_client_did_not_say(remote: Remote, client: str, target: str) -> None:
    # With a good request and with a bad one: an error must not become an open redirect either.
    for other in ({}, {"response_type": "token"}, {"scope": "everything"}, {"code_challenge": ""}):
        refused = remote.authorize(client, redirect_uri=target, **other)
        assert (refused.status, refused.location) == (400, ""), (other, refused)
        assert "evil.example" not in refused.headers.get("Refresh", "") and "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]
    assert remote.authorize("mcpb_client_nobody", redirect_uri=target).location == ""


def test_what_a_browser_would_run_cannot_be_registered_and_an_app_scheme_not_be_used(remote: Remote) -> None:
    for bad in ("javascript:alert(1)", "data:text/html,x", "http://client.example/cb", "https://u:p@client.example/cb", "https://client.example/cb#x"):
        refused = remote.register("Client", bad)
        assert (refused.status, refused.error()) == (400, "invalid_redirect_uri"), (bad, refused)
    cursor = remote.client("Cursor", "cursor://anysphere.cursor-mcp/oauth/callback")
    assert remote.authorize(cursor, redirect_uri="cursor://anysphere.cursor-mcp/oauth/callback").location == ""


def test_a_code_needs_a_challenge_that_hides_its_verifier(remote: Remote, client: str) -> None:
    for weak in ({"code_challenge": ""}, {"code_challenge_method": "plain"}, {"code_challenge_method": ""}, {"code_challenge": "short"}):
        refused = remote.authorize(client, **weak)
        assert refused.status == 302 and "error=invalid_request" in refused.location and "iss=" in refused.location, (weak, refused)
    implicit = remote.authorize(client, response_type="token")
    assert "error=unsupported_response_type" in implicit.location and "access_token" not in implicit.location
    twice = remote.send("GET", f"/oauth/authorize?client_id={client}&client_id=x&redirect_uri={CALLBACK}")
    assert (twice.status, twice.location) == (400, "")


def test_another_page_cannot_allow_anything(remote: Remote, client: str) -> None:
    login = remote.begin(client)
    cookie = remote.begin(client).cookie
    stranger = remote.begin(client)
    for attack in (
        {"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"},
    ):  # fmt: skip
        assert remote.allow(login, **attack).status == 403, attack
    assert remote.allow(login, cookie=None).status == 400
    assert remote.allow(login, cookie=cookie).status == 400, "the cookie of another login"
    login.proof, own = stranger.proof, login.proof
    assert remote.allow(login).status == 403, "the proof of another login"
    login.proof = own
    assert remote.send("GET", login.path).status == 400, "an address alone shows nothing"
    looked = remote.send("GET", login.path, cookie=login.cookie)
    assert looked.status == 200 and looked.location == "", "nobody decided"
    for name, value in (("X-Frame-Options", "DENY"), ("Cache-Control", "no-store")):
        assert looked.headers[name] == value
    assert "Access-Control-Allow-Origin" not in looked.headers
    set_cookie = login.page.headers["Set-Cookie"]
    assert set_cookie.startswith("__Host-") and all(word in set_cookie for word in ("; Secure", "; HttpOnly", "; SameSite=", "; Path=/")), set_cookie


def test_the_answer_goes_to_the_browser_that_asked(remote: Remote, client: str) -> None:
    victim, attacker = remote.begin(client), remote.begin(client, sender=ATTACKER)
    assert remote.allow(victim).status == 200
    assert remote.send("GET", victim.path, cookie=attacker.cookie).location == ""
    assert remote.send("GET", attacker.path, cookie=attacker.cookie).location == ""
    assert remote.send("GET", victim.path, cookie=victim.cookie).location.startswith(CALLBACK)
    assert remote.send("GET", victim.path, cookie=victim.cookie).location == "", "the code is handed out once"


def test_a_client_that_takes_a_known_name_is_shown_as_anybody(remote: Remote) -> None:
    fake = remote.client("Claude\u202e<script>", "https://evil.example/callback")
    page = remote.authorize(fake, redirect_uri="https://evil.example/callback").text
    assert "not verified" in page and "evil.example" in page and "<script>" not in page and "\u202e" not in page, page
    known = "https://claude.ai/oauth/mcp-oauth-client-metadata"
    shown = remote.authorize(known, redirect_uri="https://claude.ai/api/mcp/auth_callback").text
    assert "not verified" not in shown and "claude.ai" in shown


def test_scopes_only_shrink(remote: Remote, client: str) -> None:
    tokens = remote.tokens(client)
    wider = remote.refresh(client, tokens["refresh_token"], scope="mcp:tools mcp:author")
    assert (wider.status, wider.error()) == (400, "invalid_scope")
    refused = remote.call(tokens["access_token"], "mcpbox_create_server", name="taken")
    assert refused.status == 403 and 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"], refused
    assert remote.mcp(tokens["access_token"], path="/mcp/author").status == 403
    login = remote.begin(client)
    login.scopes = ["mcp:tools", "mcp:author"]
    remote.allow(login)
    back = remote.send("GET", login.path, cookie=login.cookie)
    code = dict(pair.split("=", 1) for pair in urlsplit(back.location).query.split("&"))["code"]
    assert remote.exchange(client, code).json()["scope"] == "mcp:tools", "a form cannot tick what was not asked for"


def test_a_token_in_the_address_or_twice_is_none(remote: Remote, client: str) -> None:
    token = remote.tokens(client)["access_token"]
    assert remote.mcp(None, path=f"/mcp?access_token={token}").status == 401
    assert remote.mcp(None, cookie=f"access_token={token}").status == 401
    assert remote.mcp(None, authorization=f"Basic {token}").status == 401
    assert remote.mcp(None, x_access_token=token).status == 401
    assert remote.mcp(None, x_mcpbox_token=token).status == 403, "a header that only a front may send"
    form = remote.form("/mcp", {"access_token": token})
    assert form.status == 401, form


def test_a_session_belongs_to_whoever_opened_it(box: Box, remote: Remote, client: str) -> None:
    mine = remote.tokens(client)["access_token"]
    theirs = remote.tokens(remote.client("Other"))["access_token"]
    session = remote.mcp(mine).headers["Mcp-Session-Id"]
    listing = {"method": "tools/list", "params": {}}
    own = {"mcp_session_id": session, "mcp_protocol_version": "2025-11-25"}
    assert remote.mcp(mine, listing, **own).status == 200
    assert remote.mcp(theirs, listing, **own).status == 404
    assert remote.mcp(None, listing, **own).status == 401
    assert remote.send("DELETE", "/mcp", authorization=f"Bearer {theirs}", **own).status in (202, 204, 404)
    assert remote.mcp(mine, listing, **own).status == 200, "a stranger did not end it"
    local = http.client.HTTPConnection(urlsplit(box.mcp_url).netloc, timeout=30)
    headers = {"Content-Type": "application/json", "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
    local.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1} | listing), headers)
    assert local.getresponse().status == 404, "nor does it open the local door"
    local.close()


def test_headers_of_a_front_or_a_proxy_make_nobody_somebody(box: Box, remote: Remote, client: str) -> None:
    claims = {"x_mcpbox_user_email": "owner@example.com", "x_mcpbox_service_token": "guess", "x_forwarded_user": "owner", "remote_user": "owner"}
    assert remote.mcp(None, **claims).status in (401, 403)
    # In another spelling, for what takes an underscore for a dash.
    assert remote.mcp(None, X_MCPbox_User_Email="owner@example.com").status in (401, 403)
    token = remote.tokens(client)["access_token"]
    refused = remote.mcp(token, x_mcpbox_user_email="owner@example.com", path="/mcp/author")
    assert refused.status == 403
    local = urlsplit(box.mcp_url).netloc
    for name in ("X-MCPbox-User-Email", "X-MCPbox-Service-Token", "X-Forwarded-For", "CF-Connecting-IP"):
        connection = http.client.HTTPConnection(local, timeout=30)
        connection.request("POST", "/mcp", "{}", {"Content-Type": "application/json", name: "127.0.0.1"})
        assert connection.getresponse().status == 403, name
        connection.close()


def test_a_name_that_was_made_to_lead_here_is_not_served(box: Box, remote: Remote) -> None:
    for path in ("/mcp", "/oauth/authorize", "/oauth/token", "/oauth/register", "/.well-known/oauth-authorization-server", "/health"):
        for host in ("evil.example", "box.example.com.evil.example", "box.example.com@evil.example"):
            answer = remote.send("POST" if "token" in path or "register" in path else "GET", path, host=host)
            assert answer.status in (400, 403, 421), (path, host, answer.status)
    for url in (box.mcp_url, box.admin_url + "/api/setup"):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        connection.request("GET", urlsplit(url).path, headers={"Host": "evil.example"})
        assert connection.getresponse().status in (403, 421), url
        connection.close()
    page = remote.mcp(None, origin="https://evil.example")
    assert page.status == 403 and "MCPBOX_MCP_ALLOWED_ORIGINS" in page.text


def test_bodies_that_are_too_large_or_of_another_kind_are_refused(remote: Remote) -> None:
    large = "x" * (17 << 10)
    assert remote.form("/oauth/token", {"grant_type": large}).status == 413
    assert remote.register(large).status == 413
    assert remote.send("POST", "/oauth/token", "{}", content_type="application/json").status == 415
    assert remote.form("/oauth/token", [("client_id", "a"), ("client_id", "b")]).error() == "invalid_request"


def test_who_guesses_locks_out_himself_and_not_the_owner(tmp_path: Path) -> None:
    box = Box(tmp_path / "data", settings() | {"MCPBOX_RATE_LIMITS": ""}).start()
    try:
        box.create_admin()
        allow_passwords(box)
        remote = Remote(box)
        client = remote.client()
        attacked = remote.begin(client, sender=ATTACKER)
        for number in range(8):
            claimed = f"{OWNER}, {ATTACKER}"
            guessed = remote.allow(attacked, password=f"guess number {number}", sender=claimed)
            assert guessed.status == (429 if number >= 5 else 403), (number, guessed.status)
        assert int(guessed.headers["Retry-After"]) > 0
        assert remote.allow(attacked, sender=ATTACKER).status == 429, "the right password would have to wait, too"
        assert remote.allow(remote.begin(client)).status == 200, "the owner is elsewhere"
        registrations = [remote.register("Many", sender=ATTACKER).status for _ in range(6)]
        assert registrations == [201] * 5 + [429]
        assert remote.register("One", sender=OWNER).status == 201
        codes = [remote.form("/oauth/token", {"grant_type": "authorization_code", "code": f"{n}", "client_id": client}, sender=ATTACKER).status for n in range(62)]
        assert codes[0] == 400 and codes[-1] == 429, codes
        # Nor do waiting logins of others keep the owner out.
        crowd = [remote.authorize(client, sender=f"10.{number % 30}.0.1").status for number in range(240)]
        assert set(crowd) == {200} and remote.authorize(client, sender="203.0.113.200").status == 200, crowd
        # One count for both doors that take passwords.
        assert at_the_admin_page(box, ATTACKER, PASSWORD) == 429
        assert at_the_admin_page(box, OWNER, PASSWORD) == 200
        other = "198.51.100.77"
        assert [at_the_admin_page(box, other, "a guess there") for _ in range(5)] == [401] * 5
        assert remote.allow(remote.begin(client, sender=other), sender=other).status == 429
        assert remote.allow(remote.begin(client)).status == 200, "still not the owner"
    finally:
        box.stop()


def at_the_admin_page(box: Box, sender: str, password: str) -> int:
    """The status of a login there, through the trusted proxy."""
    admin = http.client.HTTPConnection(urlsplit(box.admin_url).netloc, timeout=60)
    body = json.dumps({"username": USERNAME, "password": password})
    admin.request("POST", "/api/session", body, {"Content-Type": "application/json", "Origin": box.admin_url, "X-Forwarded-For": sender})
    status = admin.getresponse().status
    admin.close()
    return status


def test_guesses_through_a_tunnel_that_nobody_named_do_not_lock_out_the_owner_at_home(tmp_path: Path) -> None:
    """Both come from 127.0.0.1, as far as the box knows."""
    box = Box(tmp_path / "data", settings() | {"MCPBOX_RATE_LIMITS": "", "MCPBOX_TRUSTED_PROXIES": ""}).start()
    try:
        box.create_admin()
        allow_passwords(box)
        remote = Remote(box)
        attacked = remote.begin(remote.client())
        guessed = [remote.allow(attacked, password=f"guess number {number}").status for number in range(7)]
        assert guessed == [403] * 5 + [429] * 2, guessed
        assert at_the_admin_page(box, OWNER, PASSWORD) == 200
    finally:
        box.stop()


class MetadataHost:
    """A host with documents of clients, at a public address that only this test's network has."""

    def __init__(self, authority: Authority) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.directory / "server.pem", authority.directory / "server.key")
        self._listener = socket.create_server((METADATA_ADDRESS, 443))
        self._context = context
        self._stop = threading.Event()
        self.asked: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(plain,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as one:
                path = one.recv(65536).split(b" ")[1].decode()
                self.asked.append(path)
                self._send(one, path)
        except (OSError, IndexError):
            pass

    def _send(self, one: ssl.SSLSocket, path: str) -> None:
        document = {"client_id": f"https://{METADATA_HOST}{path}", "client_name": "Good", "redirect_uris": [CALLBACK]}
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        if path == "/redirect.json":
            one.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        elif path == "/endless.json":
            one.sendall(head + b"\r\n{")
            while not self._stop.is_set():
                one.sendall(b" " * 4096)
        elif path == "/slow.json":
            one.sendall(head + b"Content-Length: 4000\r\n\r\n")
            while not self._stop.wait(0.2):
                one.sendall(b" ")
        else:
            if path == "/other.json":
                document["client_id"] = "https://claude.ai/oauth/mcp-oauth-client-metadata"
            body = json.dumps(document).encode() + (b" " * (6 << 10) if path == "/large.json" else b"")
            one.sendall(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def close(self) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def test_documents_of_clients_are_fetched_from_nowhere_private_and_only_small_and_soon(remote: Remote, authority: Authority) -> None:
    inside = socket.create_server((ADDRESS, 443))
    host = MetadataHost(authority)
    try:
        good = remote.authorize(f"https://{METADATA_HOST}/good.json")
        assert good.status == 200 and METADATA_HOST in good.text, good
        for path in ("large", "endless", "slow", "redirect", "other"):
            began = time.monotonic()
            refused = remote.authorize(f"https://{METADATA_HOST}/{path}.json")
            assert (refused.status, refused.location) == (400, ""), (path, refused)
            assert time.monotonic() - began < 20, path
        assert len(host.asked) >= 6, "each was really asked for"
        before = len(host.asked)
        for private in (
            f"https://{ADDRESS}/a", "https://127.0.0.1/a", "https://localhost/a", "https://169.254.169.254/latest/meta-data", "https://[::1]/a",
            "https://[::ffff:10.99.0.1]/a", "https://2130706433/a", "https://0x7f.1/a", f"http://{METADATA_HOST}/good.json", "https://lan.attack.example/a",
            f"https://{METADATA_HOST}:8443/good.json", f"https://u@{METADATA_HOST}/good.json", "file:///etc/passwd", "https://lan.attack.example./a",
        ):  # fmt: skip
            refused = remote.authorize(private)
            assert (refused.status, refused.location) == (400, ""), (private, refused)
        assert len(host.asked) == before, host.asked
        inside.settimeout(0)
        with pytest.raises(BlockingIOError):
            inside.accept()
    finally:
        host.close()
        inside.close()
