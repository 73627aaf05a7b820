"""Sources that want an account: a human allows where one logs in, logs in, and is told when that is over; tokens are renewed."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from box import AdminSession, Box
from llm import Llm, connect
from source_servers import Guarded, guarded
from test_sources import add, bring, until

pytestmark = pytest.mark.anyio


class Browser:
    """An admin's browser: has the session, and goes where it is sent."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.admin = AdminSession(box.admin_url)
        self.cookie = ""

    def source(self, server: str) -> dict[str, Any]:
        self.admin.reconnect()
        [source] = self.admin.send("GET", f"/servers/{server}/sources")["items"]
        return source

    def begin(self, server: str, **more: Any) -> dict[str, Any]:
        """The page's question; what it answers, and the cookie that it sets."""
        session = http.client.HTTPConnection(urlsplit(self.box.admin_url).netloc, timeout=30)
        headers = self.admin._headers | {"Content-Type": "application/json"}
        session.request("POST", f"/api/sources/{self.source(server)['source_id']}/login", json.dumps(more), headers)
        answer = session.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 200, body
        if cookie := answer.headers.get("Set-Cookie"):
            assert "Path=/api/sources/login; HttpOnly; SameSite=Lax" in cookie, cookie
            self.cookie = cookie.split(";")[0]
        session.close()
        return body

    def get(self, url: str, cookie: str = "") -> tuple[int, str]:
        """A page, and where it sends the browser."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers.get("Location", "")

    def log_in(self, server: str, there: Guarded) -> dict[str, Any]:
        """All of it; the source afterwards."""
        url = self.begin(server, origins=[there.login_origin])["url"]
        status, back = self.get(url)
        assert status == 302 and back.startswith(f"{self.box.admin_url}/api/sources/login/callback?"), (status, back)
        status, page = self.get(back, self.cookie)
        assert (status, page) == (303, f"/servers/{server}/sources"), (status, page)
        return self.source(server)


async def logged_in(box: Box, llm: Llm, server: str, there: Guarded) -> Browser:
    await add(box, llm, server, there.url, auth_type="oauth")
    browser = Browser(box)
    source = browser.log_in(server, there)
    assert source["login"]["state"] == "active" and source["login"]["trouble"] is None, source
    return browser


async def test_a_human_allows_where_to_log_in_and_logs_in_and_nobody_else_can(shared: Box) -> None:
    with guarded() as there:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "acct", there.url, auth_type="oauth")
            refused = await llm.refused("mcpbox_discover_external_tools", source_id="acct/there")
            assert refused.kind == "secret_missing" and "nobody has logged in" in refused.answer["message"], refused
            assert refused.answer["human"].endswith("/sources"), refused
            listed = await llm.call("mcpbox_list_external_sources", server_id="acct")
            assert "log in to there" in listed["next"][0]["step"] and listed["next"][0]["human"], listed

            browser = Browser(shared)
            first = browser.begin("acct")
            assert first["allow"] == [there.login_origin] and first["url"] is None, first
            assert browser.cookie == "", "nothing began yet"
            begun = browser.begin("acct", origins=first["allow"])
            asked = {name: values[0] for name, values in parse_qs(urlsplit(begun["url"]).query).items()}
            assert begun["url"].startswith(there.login_origin) and asked["code_challenge_method"] == "S256", begun
            assert asked["resource"] == there.url and asked["redirect_uri"] == begun["redirect_uri"], asked

            status, back = browser.get(begun["url"])
            assert status == 302, back
            assert browser.get(back)[1] == "/servers?login=astray", "another browser gets nowhere"
            wrong = back.replace("state=", "state=x")
            assert browser.get(wrong, browser.cookie)[1] == "/servers?login=astray", "nor does another state"
            assert browser.get(back, browser.cookie) == (303, "/servers/acct/sources")
            assert browser.get(back, browser.cookie)[1] == "/servers?login=astray", "it counts once"
            login = browser.source("acct")["login"]
            assert (login["state"], login["by"], login["origins"]) == ("active", "ada", [there.login_origin]), login

            await bring(shared, llm, "acct", "who")
            told = await llm.call("acct__who")
            assert told["client"] and told["shown"] == "Bearer [secret LOGIN_TOKEN]", told
            assert "test_access_token" not in str(await llm.runs("acct__who", 1)), "the record"
            listed = await llm.call("mcpbox_list_external_sources", server_id="acct")
            assert "test_" not in str(listed) and listed["sources"][0]["login"]["state"] == "active", listed
            audit = [one["action"] for one in browser.admin.send("GET", "/audit?page_size=100")["items"]]
            assert "source.login.begin" in audit and "source.login" in audit, audit
    for file in (shared.log, *shared.data_dir.glob("mcpbox.db*")):
        assert b"test_refresh_token" not in file.read_bytes() and b"test_access_token" not in file.read_bytes(), file


async def test_tokens_that_are_not_taken_are_renewed_once_for_all_calls(shared: Box) -> None:
    with guarded() as there:
        async with connect(shared.mcp_url) as llm:
            browser = await logged_in(shared, llm, "renew", there)
            await bring(shared, llm, "renew", "who")
            there.do("expire")

            async def call() -> None:
                told = await llm.call("renew__who")
                assert told["client"], told

            await anyio.sleep(10.1)  # a token that was just given is not replaced because it is not taken
            assert there.do("asked") == 0
            async with anyio.create_task_group() as calls:
                for _ in range(8):
                    calls.start_soon(call)
            assert there.do("asked") == 1, "one renewal for all of them"
            login = browser.source("renew")["login"]
            assert login["state"] == "active" and login["renewed_at"] is not None, login


async def test_tokens_are_renewed_before_they_end(shared: Box) -> None:
    with guarded(lasts_s=4) as there:
        async with connect(shared.mcp_url) as llm:
            browser = await logged_in(shared, llm, "soon", there)
            await bring(shared, llm, "soon", "who")
            await anyio.sleep(2.1)
            assert (await llm.call("soon__who"))["client"]
            login = browser.source("soon")["login"]
            assert there.do("asked") >= 1 and login["renewed_at"] is not None and login["trouble"] is None, login


async def test_a_login_that_is_over_is_told_everywhere_and_a_human_logs_in_again(box: Box) -> None:
    with guarded(lasts_s=20) as there:
        async with connect(box.mcp_url) as llm:
            browser = await logged_in(box, llm, "over", there)
            await bring(box, llm, "over", "who")
            there.do("close")

            async def was_tried() -> bool:
                assert (await llm.call("over__who"))["client"], "what still lasts is good enough"
                return browser.source("over")["login"]["trouble"] is not None

            await until(was_tried, "half its life is over")
            login = browser.source("over")["login"]
            assert login["state"] == "active" and "HTTP 500" in login["trouble"], login
            there.do("open")
            there.do("revoke")

            async def is_over() -> bool:
                refused = await llm.refused("over__who")
                return refused.kind == "secret_missing" and "expired or was revoked" in refused.answer["message"]

            await until(is_over, "the call says so")
            refused = await llm.refused("over__who")
            assert "invalid_grant" in refused.answer["message"] and refused.answer["human"].endswith("/sources"), refused
            login = browser.source("over")["login"]
            assert login["state"] == "ended" and "invalid_grant" in login["trouble"], login
            [source] = (await llm.call("mcpbox_list_external_sources", server_id="over"))["sources"]
            assert source["login"]["state"] == "ended", source
            asked = there.do("asked")
            await llm.refused("over__who")
            assert there.do("asked") == asked, "nobody is asked in vain"

            box.stop()
            box.start()
        async with connect(box.mcp_url) as llm:
            browser = Browser(box)
            assert browser.source("over")["login"]["state"] == "ended"
            assert browser.log_in("over", there)["login"]["state"] == "active"
            assert (await llm.call("over__who"))["client"]
            assert there.do("count") == 2, "one for calls, one to renew it"
            browser.admin.send("DELETE", f"/sources/{browser.source('over')['source_id']}/login")
            assert there.do("count") == 0, "taken back over there"
            assert revocations(browser) == [{"source": "there", "revoked": True, "why": None}]
            refused = await llm.refused("over__who")
            assert "nobody has logged in" in refused.answer["message"], refused
            browser.log_in("over", there)
            browser.admin.send("DELETE", f"/sources/{browser.source('over')['source_id']}")
            assert there.do("count") == 0, "with the source its tokens go"
            assert [told["revoked"] for told in revocations(browser)] == [True, True]
            browser = await logged_in(box, llm, "whole", there)
            assert there.do("count") > 0
            await llm.call("mcpbox_delete_server", server_id="whole")
            assert there.do("count") == 0, "nor do they outlive a server"
            assert "intact" in box.cli("audit", "verify").stdout


async def test_who_logs_out_is_out_here_also_when_over_there_nobody_listens(shared: Box) -> None:
    with guarded() as there:
        async with connect(shared.mcp_url) as llm:
            browser = await logged_in(shared, llm, "deaf", there)
            there.do("close")
            browser.admin.send("DELETE", f"/sources/{browser.source('deaf')['source_id']}/login")
            assert browser.source("deaf")["login"] is None or browser.source("deaf")["login"]["state"] == "needed"
            [told] = revocations(browser)[:1]
            assert told["revoked"] is False and "HTTP 500" in told["why"], told


def revocations(browser: Browser) -> list[dict[str, Any]]:
    """What the audit says of tokens that were taken back, the newest first."""
    events = browser.admin.send("GET", "/audit?page_size=100")["items"]
    return [event["detail"] for event in events if event["action"] == "source.logout.revoke"]


async def test_a_refusal_there_is_said_on_the_page(shared: Box) -> None:
    with guarded() as there:
        async with connect(shared.mcp_url) as llm:
            await add(shared, llm, "no", there.url, auth_type="oauth")
            browser = Browser(shared)
            begun = browser.begin("no", origins=[there.login_origin])
            [state] = parse_qs(urlsplit(begun["url"]).query)["state"]
            back = f"{begun['redirect_uri']}?state={state}&error=access_denied&error_description=You+said+no"
            assert browser.get(back, browser.cookie) == (303, "/servers/no/sources")
            login = browser.source("no")["login"]
            assert login["state"] == "needed" and login["trouble"] == "it was refused there: access_denied (You said no)", login
            never = browser.admin.refused("POST", f"/sources/{browser.source('no')['source_id']}/login", {"origins": ["nonsense"]})
            assert never["status"] == 400 or never["status"] == 422, never
