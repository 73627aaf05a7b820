"""People and clients elsewhere: who lets one in with an account of the provider or with a one-time code, and what ends with an account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import http.client
import os
import re
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from box import PASSWORD, USERNAME, AdminSession, Box
from front_proxy import free_port
from login import remote_box
from oauth_flow import PUBLIC, Answer, Login, Remote, allow_passwords, settings
from openid import Browser, OpenIdProvider
from test_people import CALLBACK as ADMIN_CALLBACK
from test_people import set_up, start

CALLBACK = f"{PUBLIC}/oauth/callback"
PROVIDER_COOKIE = "__Host-mcpbox-provider"
HERE = Path(__file__).parent


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path / "data", settings()).start()
    box.create_admin()
    yield box
    box.stop()


@pytest.fixture
def remote(box: Box) -> Remote:
    return Remote(box)


@pytest.fixture
def provider(box: Box) -> Iterator[OpenIdProvider]:
    found = OpenIdProvider(f"{box.admin_url}{ADMIN_CALLBACK},{CALLBACK}")
    yield found
    found.close()


def fields_of(login: Login, decision: str) -> list[tuple[str, str]]:
    return [("proof", login.proof), ("decision", decision)] + [(f"scope:{scope}", "1") for scope in login.scopes]


def leave(remote: Remote, login: Login) -> tuple[str, str]:
    """The human presses the provider's button: where the browser goes, and the cookie that comes along when it is back."""
    page = remote.form(login.path, fields_of(login, "provider"), cookie=login.cookie, origin=remote.public)
    assert page.status == 200, page
    to = re.search(r'content="0;url=([^"]+)"', page.text)
    kept = page.headers["Set-Cookie"]
    assert to and kept.startswith(PROVIDER_COOKIE + "="), page
    assert all(word in kept for word in ("; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/")), kept
    return html.unescape(to[1]), kept.split(";")[0]


def come_back(remote: Remote, callback: str, cookie: str | None) -> Answer:
    """As a browser comes from another site: the strict cookie of the request stays behind."""
    parts = urlsplit(callback)
    return remote.send("GET", f"{parts.path}?{parts.query}", cookie=cookie, sec_fetch_site="cross-site")


def through_provider(remote: Remote, login: Login, person: str) -> Answer:
    url, cookie = leave(remote, login)
    return come_back(remote, Browser().through_provider(url, person, CALLBACK), cookie)


def waits(remote: Remote, login: Login) -> bool:
    looked = remote.send("GET", login.path, cookie=login.cookie)
    return looked.status == 200 and looked.location == ""


def test_a_client_is_let_in_with_an_account_of_the_provider(box: Box, remote: Remote, provider: OpenIdProvider) -> None:
    client = remote.client()
    assert "Log in with" not in remote.begin(client).page.text
    admin = set_up(box, provider)
    assert admin.send("GET", "/oidc")["remote_redirect_url"] == CALLBACK
    login = remote.begin(client)
    assert "Log in with Home here instead" in login.page.text

    for person in ("ben", "dora"):  # not verified; not on any list
        refused = through_provider(remote, login, person)
        assert refused.status == 403 and "not on the list of who may come in; ask an admin" in refused.text, refused
        assert f'href="{login.path}">Choose another way' in refused.text, "the request waits on"
        assert waits(remote, login)

    refused = through_provider(remote, login, "anna")
    assert refused.status == 403 and "takes the role reviewer or admin; ask an admin" in refused.text, refused
    assert waits(remote, login)
    people = {user["username"]: user for user in admin.send("GET", "/users")["items"]}
    assert people["anna"]["role"] == "viewer", "an admin finds the account to raise"
    admin.send("PATCH", f"/users/{people['anna']['id']}", {"role": "reviewer"})

    done = through_provider(remote, login, "anna")
    assert done.status == 200 and f'url={login.path}"' in done.text, done
    assert done.headers["Set-Cookie"].startswith(f"{PROVIDER_COOKIE}=;"), done.headers["Set-Cookie"]
    back = remote.send("GET", login.path, cookie=login.cookie)
    told = {name: values[0] for name, values in parse_qs(urlsplit(back.location).query).items()}
    tokens = remote.exchange(client, told["code"]).json()
    assert remote.mcp(tokens["access_token"]).status == 200
    [allowed] = admin.send("GET", "/audit?action=oauth.approve")["items"]
    assert (allowed["actor"]["name"], allowed["detail"]["by"]) == ("anna", "provider"), allowed
    # What the provider says of somebody counts at each login, for the clients that they let in too.
    set_up(box, provider, roles=[{"group": "box-admins", "role": "admin"}])
    again = remote.begin(client)
    assert through_provider(remote, again, "anna").status == 403 and waits(remote, again)
    assert remote.mcp(tokens["access_token"]).status == 401
    allow_passwords(box)
    form = remote.send("GET", f"{again.path}?here", cookie=again.cookie).text
    assert re.findall(r'name="decision" value="(\w+)"', form) == ["allow", "provider", "deny"], "the Enter key presses the first"


def test_an_answer_of_the_provider_counts_once_for_the_browser_that_left(box: Box, remote: Remote, provider: OpenIdProvider) -> None:
    set_up(box, provider, roles=[{"group": "family", "role": "reviewer"}])
    client = remote.client()
    victim, attacker = remote.begin(client), remote.begin(client)
    url, cookie = leave(remote, attacker)
    callback = Browser().through_provider(url, "anna", CALLBACK)
    _, victims = leave(remote, victim)
    for stranger in (None, victims, f"{PROVIDER_COOKIE}=guess", cookie.partition(".")[0] + "0" * 32):
        refused = come_back(remote, callback, stranger)
        assert 400 <= refused.status < 404, (stranger, refused)
    for change in ({"state": "guess"}, {"iss": "http://evil.test"}, {"code": "guess"}):
        url, fresh = leave(remote, attacker)
        forged = Browser().through_provider(url, "anna", CALLBACK)
        for name, value in change.items():
            forged = re.sub(rf"([?&]{name}=)[^&]*", rf"\g<1>{value}", forged)
        assert 400 <= come_back(remote, forged, fresh).status <= 503, change
    assert waits(remote, victim) and waits(remote, attacker)

    # The answer of a login on the admin page lets nobody in here, with its token or without.
    browser = Browser()
    elsewhere = browser.through_provider(start(box, browser), "anna", box.admin_url + ADMIN_CALLBACK)
    [token] = browser.cookies[urlsplit(box.admin_url).netloc].values()
    foreign = come_back(remote, f"{CALLBACK}?{urlsplit(elsewhere).query}", f"{PROVIDER_COOKIE}={token}")
    assert 400 <= foreign.status < 404 and waits(remote, attacker), foreign

    assert come_back(remote, callback, cookie).status == 200
    assert not waits(remote, attacker) and waits(remote, victim)
    assert 400 <= come_back(remote, callback, cookie).status < 404, "a second time"
    assert remote.send("POST", "/oauth/callback", "", cookie=cookie).status in (404, 405)


def totp(secret: str, steps: int = 0) -> str:
    """RFC 6238."""
    mac = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", int(time.time() // 30) + steps), hashlib.sha1)
    number = struct.unpack(">I", mac[mac[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_an_account_with_one_time_codes_is_asked_for_one(box: Box, remote: Remote) -> None:
    allow_passwords(box)
    admin = AdminSession(box.admin_url)
    begun = admin.send("POST", "/account/code-app", {"password": PASSWORD})
    admin.send("PUT", "/account/code-app", {"token": begun["token"], "code": totp(begun["secret"])})
    login = remote.begin(remote.client())
    for code in ("", "000000"):
        typed = [("username", USERNAME), ("password", PASSWORD), ("code", code)]
        refused = remote.form(login.path, fields_of(login, "allow") + typed, cookie=login.cookie, origin=PUBLIC)
        assert refused.status == 403 and 'name="code"' in refused.text and waits(remote, login), refused
    typed = [("username", USERNAME), ("password", PASSWORD), ("code", totp(begun["secret"], 1))]
    allowed = remote.form(login.path, fields_of(login, "allow") + typed, cookie=login.cookie, origin=PUBLIC)
    assert allowed.status == 200 and not waits(remote, login), allowed


def invite(box: Box, admin: AdminSession, name: str) -> str:
    """Makes a reviewer with the usual password; gives their id."""
    made = admin.send("POST", "/users", {"username": name, "role": "reviewer"})
    [token] = parse_qs(urlsplit(made["url"]).fragment)["token"]
    assert Browser().api(box.admin_url, "POST", "/invitation/accept", {"token": token, "password": PASSWORD})[0] == 200
    return made["user"]["id"]


def listen(remote: Remote, token: str) -> http.client.HTTPResponse:
    """A stream that stays open as long as its token counts."""
    session = remote.mcp(token).headers["Mcp-Session-Id"]
    connection = http.client.HTTPConnection("127.0.0.1", remote.port, timeout=30)
    connection.putrequest("GET", "/mcp", skip_host=True)
    headers = {"Host": urlsplit(PUBLIC).netloc, "X-Forwarded-For": "203.0.113.1", "Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    for name, value in (headers | {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}).items():
        connection.putheader(name, value)
    connection.endheaders()
    stream = connection.getresponse()
    assert stream.status == 200, stream.read()
    return stream


@pytest.mark.parametrize("end", ["disable", "demote", "delete"])
def test_what_somebody_let_in_ends_with_their_account(box: Box, remote: Remote, end: str) -> None:
    allow_passwords(box)
    admin = AdminSession(box.admin_url)
    person = invite(box, admin, "rita")
    client = remote.client()
    login = remote.begin(client)
    typed = [("username", "rita"), ("password", PASSWORD)]
    assert remote.form(login.path, fields_of(login, "allow") + typed, cookie=login.cookie, origin=PUBLIC).status == 200
    back = remote.send("GET", login.path, cookie=login.cookie)
    tokens = remote.exchange(client, parse_qs(urlsplit(back.location).query)["code"][0]).json()
    made = box.cli("token", "create", "laptop", "--username", "rita", "--password-stdin", stdin=PASSWORD + "\n")
    personal = re.search(r"mcpb_pat_[0-9a-f]{64}", made.stdout)
    assert personal, made.stdout
    mine = remote.tokens(client)
    access = [tokens["access_token"], personal[0]]
    streams = [listen(remote, token) for token in access]

    if end == "delete":
        admin.send("DELETE", f"/users/{person}")
    else:
        admin.send("PATCH", f"/users/{person}", {"is_disabled": True} if end == "disable" else {"role": "viewer"})
    assert [remote.mcp(token).status for token in access] == [401, 401], "at once"
    assert remote.refresh(client, tokens["refresh_token"]).error() == "invalid_grant"
    for stream in streams:
        stream.read()  # comes to its end; the timeout of its connection says when it does not
    assert remote.mcp(mine["access_token"]).status == 200, "what others let in goes on"
    assert all(found["subject"] != "rita" for found in admin.send("GET", "/oauth/authorizations")["items"])


def test_a_real_browser_lets_a_client_in_through_the_provider(tmp_path: Path) -> None:
    port = free_port()
    box = remote_box(tmp_path, port)
    public = f"http://127.0.0.1:{port}"
    provider = OpenIdProvider(f"{box.admin_url}{ADMIN_CALLBACK},{public}/oauth/callback")
    try:
        admin = set_up(box, provider, roles=[{"group": "family", "role": "reviewer"}])
        shots = HERE.parent.parent / "e2e/screenshots"
        script = [os.environ["MCPBOX_NODE"], str(HERE / "fixtures/provider_login.mjs"), public, str(shots)]
        done = subprocess.run(script, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        admin.reconnect()
        [allowed] = admin.send("GET", "/audit?action=oauth.approve")["items"]
        assert (allowed["actor"]["name"], allowed["detail"]["by"]) == ("anna", "provider"), allowed
    finally:
        provider.close()
        box.stop()
