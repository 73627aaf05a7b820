"""People: logging in with a real OpenID provider on the LAN, and the way back in when everything is lost."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from box import PASSWORD, USERNAME, AdminSession, Box
from openid import CLIENT_ID, CLIENT_SECRET, Browser, OpenIdProvider

CALLBACK = "/api/session/oidc/callback"


@pytest.fixture
def provider(box: Box) -> Iterator[OpenIdProvider]:
    found = OpenIdProvider(box.admin_url + CALLBACK)
    yield found
    found.close()


def set_up(box: Box, provider: OpenIdProvider, **change: object) -> AdminSession:
    """Switches the provider on."""
    admin = AdminSession(box.admin_url)
    known = {
        "is_on": True, "name": "Home", "issuer": provider.issuer, "client_id": CLIENT_ID, "scopes": ["groups"],
        "allowed_emails": ["@home.test"], "allowed_groups": ["box-admins"],
    }  # fmt: skip
    shown = admin.send("PUT", "/oidc", {"provider": known | change, "secret": CLIENT_SECRET})
    assert shown["has_secret"] and shown["redirect_url"] == box.admin_url + CALLBACK
    assert CLIENT_SECRET not in str(shown)
    return admin


def start(box: Box, browser: Browser) -> str:
    status, answer = browser.api(box.admin_url, "POST", "/session/oidc", {})
    assert status == 200, answer
    return answer["url"]


def come_back(box: Box, browser: Browser, callback: str) -> str:
    """Where the page is after the callback."""
    status, headers, _ = browser.send("GET", callback)
    assert status == 303, (status, callback)
    return headers["Location"]


def log_in(box: Box, person: str) -> tuple[Browser, str]:
    browser = Browser()
    callback = browser.through_provider(start(box, browser), person, box.admin_url + CALLBACK)
    return browser, come_back(box, browser, callback)


def test_people_log_in_with_an_account_of_the_provider(box: Box, provider: OpenIdProvider) -> None:
    admin = set_up(box, provider)
    assert admin.send("POST", "/oidc/check", {})["authorization_url"].startswith(provider.issuer)
    assert Browser().api(box.admin_url, "GET", "/session/ways")[1] == {"passkeys": False, "oidc": "Home"}

    anna, page = log_in(box, "anna")
    assert page == "/"
    status, me = anna.api(box.admin_url, "GET", "/session")
    assert (status, me["username"], me["role"]) == (200, "anna", "viewer")
    assert anna.api(box.admin_url, "PUT", "/settings", {})[0] == 403

    for person in ("ben", "dora"):  # not verified; not on any list
        browser, page = log_in(box, person)
        assert page == "/login?failed=not_listed", person
        assert browser.api(box.admin_url, "GET", "/session")[0] == 401

    # Who is called like an admin here is still somebody else.
    cleo, page = log_in(box, "cleo")
    _, me = cleo.api(box.admin_url, "GET", "/session")
    assert (page, me["username"], me["role"]) == ("/", f"{USERNAME}-2", "viewer")

    admin.send("PATCH", f"/users/{me['id']}", {"role": "reviewer"})
    assert log_in(box, "cleo")[0].api(box.admin_url, "GET", "/session")[1]["role"] == "reviewer", "the same account again"
    set_up(box, provider, roles=[{"group": "box-admins", "role": "admin"}, {"group": "family", "role": "reviewer"}])
    assert log_in(box, "cleo")[0].api(box.admin_url, "GET", "/session")[1]["role"] == "admin"
    assert log_in(box, "anna")[0].api(box.admin_url, "GET", "/session")[1]["role"] == "reviewer"

    set_up(box, provider, allowed_emails=["somebody@else.test"])
    assert log_in(box, "anna")[1] == "/login?failed=not_listed", "the list is asked at each login"
    assert CLIENT_SECRET not in box.log.read_text()


def test_an_answer_counts_once_in_the_browser_it_was_begun_in(box: Box, provider: OpenIdProvider) -> None:
    set_up(box, provider)
    astray = "/login?failed=astray"
    browser = Browser()
    callback = browser.through_provider(start(box, browser), "anna", box.admin_url + CALLBACK)
    assert come_back(box, Browser(), callback) == astray, "another browser"

    query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    for change in ({"state": "guess"}, {"iss": "http://evil.test"}):
        forged = Browser()
        theirs = forged.through_provider(start(box, forged), "anna", box.admin_url + CALLBACK)
        fields = {name: values[0] for name, values in parse_qs(urlsplit(theirs).query).items()}
        assert come_back(box, forged, f"{box.admin_url}{CALLBACK}?{urlencode(fields | change)}") == astray, change

    victim = Browser()
    start(box, victim)
    assert come_back(box, victim, f"{box.admin_url}{CALLBACK}?{urlencode(query)}") == astray, "the answer of another login"
    kept = dict(browser.cookies[urlsplit(box.admin_url).netloc])
    assert come_back(box, browser, callback) == "/"
    browser.cookies[urlsplit(box.admin_url).netloc] = kept
    assert come_back(box, browser, callback) == astray, "a second time"


def test_an_account_is_linked_by_its_owner_alone(box: Box, provider: OpenIdProvider) -> None:
    set_up(box, provider)
    ada = Browser()
    assert ada.api(box.admin_url, "POST", "/session", {"username": USERNAME, "password": PASSWORD})[0] == 200
    status, problem = ada.api(box.admin_url, "POST", "/account/oidc", {"password": "not the password"})
    assert status == 403, problem
    _, go = ada.api(box.admin_url, "POST", "/account/oidc", {"password": PASSWORD})
    callback = ada.through_provider(go["url"], "anna", box.admin_url + CALLBACK)
    assert come_back(box, ada, callback) == "/settings/account?linked=true"
    browser, page = log_in(box, "anna")
    _, me = browser.api(box.admin_url, "GET", "/session")
    assert (page, me["username"], me["role"]) == ("/", USERNAME, "admin")


def test_an_admin_who_lost_everything_gets_back_in_at_the_machine(box: Box) -> None:
    refused = box.cli("admin", "password", USERNAME, "--password-stdin", stdin="a new sentence\n", fails=True)
    assert "a server runs" in refused.stderr
    box.stop()
    box.cli("admin", "password", USERNAME, "--password-stdin", stdin="a new sentence\n")
    missing = box.cli("admin", "password", "nobody", "--password-stdin", stdin="a new sentence\n", fails=True)
    assert "nobody" in missing.stderr
    box.start()
    browser = Browser()
    old = {"username": USERNAME, "password": PASSWORD}
    assert browser.api(box.admin_url, "POST", "/session", old)[0] == 401
    assert browser.api(box.admin_url, "POST", "/session", old | {"password": "a new sentence"})[0] == 200
    audit = browser.api(box.admin_url, "GET", "/audit?action=user.recover")[1]["items"]
    assert [(row["actor"]["kind"], row["detail"]["username"]) for row in audit] == [("system", USERNAME)]
    box.cli("audit", "verify")
