"""The connection over Cloudflare, against a stand-in of its API that holds every request against the models of Cloudflare's own SDK."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from box import AdminSession, Box
from cloudflare_api import ACCOUNT, TOKEN, CloudflareApi, check_model, problem

ALL = ["verify", "tunnel", "vpc_service", "kv_namespace", "access_policy", "access_app", "front", "worker", "check"]
PLAN = {"name": "mcpbox-home", "emails": ["Ada@Example.com"], "gateway_host": "127.0.0.1", "gateway_port": 8002}


@pytest.fixture
def api() -> Iterator[CloudflareApi]:
    api = CloudflareApi()
    yield api
    api.close()
    assert not api.wrong, api.wrong


@pytest.fixture
def box(tmp_path: Path, api: CloudflareApi) -> Iterator[Box]:
    box = Box(tmp_path / "data", {"MCPBOX_CLOUDFLARE_API": api.url}).start()
    box.create_admin()
    yield box
    if box.process is not None:
        box.stop()


def progress(setup: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["progress"] for step in setup["steps"]}


def step(setup: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in setup["steps"] if step["name"] == name)


def run_to(admin: AdminSession, last: str) -> dict[str, Any]:
    """Does the steps up to `last`, each of which must work."""
    while True:
        setup = admin.send("POST", "/cloudflare/next")
        done = [step for step in setup["steps"] if step["progress"] != "open"]
        assert done[-1]["progress"] == "done", done[-1]
        if done[-1]["name"] == last:
            return setup


def test_a_connection_is_shown_made_and_undone(box: Box, api: CloudflareApi) -> None:
    admin = AdminSession(box.admin_url)
    assert admin.send("GET", "/cloudflare")["plan"] is None
    assert "plan" in admin.refused("POST", "/cloudflare/next")["detail"]
    setup = admin.send("PUT", "/cloudflare", PLAN | {"token": TOKEN})
    assert setup["plan"]["emails"] == ["ada@example.com"]
    shown = [f"{request['method']} {request['url']}" for step in setup["steps"] for request in step["requests"]]
    assert len(shown) == 8 and f"POST {api.url}/accounts/‹account_id›/cfd_tunnel" in shown
    assert not api.seen, "looking at the plan sends nothing"

    run_to(admin, "verify")
    setup = admin.send("GET", "/cloudflare")
    promised = [request for step in setup["steps"] for request in step["requests"]]
    setup = run_to(admin, "worker")
    assert progress(setup) == dict.fromkeys(ALL[:-1], "done") | {"check": "open"}
    assert setup["mcp_url"] == "https://mcpbox-home.ada.workers.dev/mcp"
    made = [seen for seen in api.seen if not seen.line.startswith("GET")]
    told = [f"{request['method']} {request['url'].removeprefix(api.url)}" for request in promised]
    assert [seen.line for seen in made] == told, "what was shown is what was sent"

    policy = next(seen.body for seen in made if seen.line.endswith("/access/policies"))
    assert policy["include"] == [{"email": {"email": "ada@example.com"}}], "a list of people, not everyone"
    upload = next(seen for seen in made if seen.line.endswith("/workers/scripts/mcpbox-home"))
    assert "// src/index.ts" in upload.script and "X-MCPbox-Service-Token" in upload.script, upload.script[:200]
    assert upload.body["compatibility_flags"] == ["global_fetch_strictly_public"]
    bound = {binding["name"]: binding for binding in upload.body["bindings"]}
    assert {binding["type"] for binding in bound.values()} == {"vpc_service", "kv_namespace", "secret_text", "plain_text"}
    assert bound["OIDC_CLIENT_SECRET"]["text"].startswith("client-secret-")
    service_token = bound["SERVICE_TOKEN"]["text"]
    front = admin.send("GET", "/settings")["front"]
    assert front["emails"] == ["ada@example.com"] and service_token not in json.dumps(front)

    # No answer, log or audit row holds a secret, and none stands in the database as it is.
    secrets = [TOKEN, service_token, bound["OIDC_CLIENT_SECRET"]["text"], "tunnel-token-of-"]
    everything = json.dumps(setup) + json.dumps(admin.send("GET", "/audit?page_size=100")) + box.log.read_text()
    assert not [secret for secret in secrets if secret in everything]
    for file in box.data_dir.glob("mcpbox.db*"):
        assert not [secret for secret in secrets if secret.encode() in file.read_bytes()], file
    assert "[secret]" in json.dumps(step(setup, "worker")["requests"])

    setup = admin.send("POST", "/cloudflare/next")
    assert progress(setup)["check"] == "failed" and "The tunnel is inactive" in step(setup, "check")["message"]
    assert "undo it first" in admin.refused("PUT", "/cloudflare", PLAN | {"name": "another"})["detail"]

    setup = admin.send("DELETE", "/cloudflare/token")
    assert setup["has_token"] is False and progress(setup)["worker"] == "done"
    admin.send("POST", "/cloudflare/undo")  # the check made nothing
    assert "API token" in admin.refused("POST", "/cloudflare/undo")["detail"]
    admin.send("PUT", "/cloudflare", PLAN | {"token": TOKEN})
    api.refuse["DELETE .*/cfd_tunnel/[^/]+"] = problem(400, 1022, "The tunnel has active connections")
    for name in reversed(ALL[2:-1]):
        setup = admin.send("POST", "/cloudflare/undo")
        assert progress(setup)[name] == "open", setup
    assert admin.send("GET", "/settings").get("front") is None
    setup = admin.send("POST", "/cloudflare/undo")
    assert "active connections (code 1022)" in step(setup, "tunnel")["message"]
    setup = admin.send("POST", "/cloudflare/undo")
    assert progress(setup)["tunnel"] == "open"
    setup = admin.send("POST", "/cloudflare/undo")
    assert set(progress(setup).values()) == {"open"} and api.account.count() == 0
    assert "nothing to undo" in admin.refused("POST", "/cloudflare/undo")["detail"]
    assert "intact" in box.cli("audit", "verify").stdout


def test_a_killed_server_goes_on_where_it_was(box: Box, api: CloudflareApi) -> None:
    """Killed each time after Cloudflare made something and before it said so: going on takes that up and makes nothing twice."""
    admin = AdminSession(box.admin_url)
    admin.send("PUT", "/cloudflare", PLAN | {"token": TOKEN})
    for name, line in {
        "tunnel": "POST .*/cfd_tunnel", "vpc_service": "POST .*/services", "kv_namespace": "POST .*/namespaces",
        "access_policy": "POST .*/policies", "access_app": "POST .*/apps", "worker": "PUT .*/scripts/mcpbox-home",
    }.items():  # fmt: skip
        run_to(admin, ALL[ALL.index(name) - 1]) if name in ("tunnel", "worker") else None
        api.stalled.clear()
        api.stall[line] = threading.Event()
        asked = threading.Thread(target=lambda admin=admin: pytest.raises(Exception, admin.send, "POST", "/cloudflare/next"))
        asked.start()
        assert api.stalled.wait(20)
        made = api.account.count()
        box.kill()
        asked.join()
        box.start()
        admin = AdminSession(box.admin_url)
        assert progress(admin.send("GET", "/cloudflare"))[name] == "begun"
        run_to(admin, name)
        assert api.account.count() == made, api.writes()
    deleted = [line for line in api.writes() if line.startswith("DELETE")]
    assert len(deleted) == 1 and "/access/apps/" in deleted[0], "the secret of a sign-in is told once, so it is made again"
    for _ in range(ALL.index("worker") + 1):
        admin.send("POST", "/cloudflare/undo")
    assert api.account.count() == 0


def test_what_somebody_else_made_is_left_alone_and_errors_are_useful(box: Box, api: CloudflareApi) -> None:
    admin = AdminSession(box.admin_url)
    api.account.tunnels["theirs"] = {"id": "theirs", "name": "mcpbox-home", "deleted_at": None}
    admin.send("PUT", "/cloudflare", PLAN | {"token": TOKEN[:-1] + "x", "account_id": ACCOUNT})
    message = step(admin.send("POST", "/cloudflare/next"), "verify")["message"]
    assert "HTTP 401" in message and "Invalid API Token (code 1000)" in message and "enter another one" in message
    admin.send("PUT", "/cloudflare", PLAN | {"token": TOKEN, "account_id": ACCOUNT})
    run_to(admin, "verify")
    for _ in range(2):  # trying again does not make it ours
        setup = admin.send("POST", "/cloudflare/next")
        assert "which MCPbox did not make" in step(setup, "tunnel")["message"]
    admin.send("POST", "/cloudflare/undo")
    assert list(api.account.tunnels) == ["theirs"] and not api.writes()

    del api.account.tunnels["theirs"]
    api.refuse["POST .*/cfd_tunnel"] = problem(403, 10000, "Authentication error")
    message = step(admin.send("POST", "/cloudflare/next"), "tunnel")["message"]
    assert "HTTP 403" in message and "'Cloudflare Tunnel – Edit'" in message
    for status, body, words in [
        (429, problem(429, 971, "Please wait and consider throttling")[1], "Wait five minutes"),
        (502, b"<html>bad gateway</html>", "Cloudflare's fault"),
        (200, b"<html>a portal of a hotel</html>", "is not JSON"),
    ]:
        api.refuse["GET .*/cfd_tunnel"] = (status, body)
        message = step(admin.send("POST", "/cloudflare/next"), "tunnel")["message"]
        assert words in message, message
    run_to(admin, "tunnel")
    for wrong, words in [
        ({"name": "Not a name"}, "a-z"), ({"emails": []}, "e-mail"), ({"emails": ["everyone"]}, "'everyone'"),
        ({"account_id": "x"}, "32 hex"), ({"gateway_port": 0}, "port"), ({"token": "short"}, "API token"),
    ]:  # fmt: skip
        assert words in admin.refused("PUT", "/cloudflare", PLAN | {"account_id": ACCOUNT} | wrong)["detail"]


def test_the_models_would_notice_a_key_that_cloudflare_does_not_know() -> None:
    line = f"POST /accounts/{ACCOUNT}/cfd_tunnel"
    check_model(line, {"name": "x", "config_src": "cloudflare"})
    for wrong in [{"name": "x", "config_source": "cloudflare"}, {"config_src": "cloudflare"}, {"name": "x", "config_src": "edge"}]:
        with pytest.raises(Exception, match="config_source|name|config_src"):
            check_model(line, wrong)


CLOUDFLARED = """#!/bin/sh
trap 'echo stopped >> {log}; exit 0' TERM
echo $$ > {log}.pid
echo "$*|$TUNNEL_TOKEN|$MCPBOX_SPY" >> {log}
echo "a word of the program" >&2
[ -e {broken} ] && exit 3
while :; do sleep 0.05; done
"""


def until(claim: Any, seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
    return found


def test_cloudflared_runs_with_the_tunnel_and_ends_with_the_server(tmp_path: Path, fresh: Box, api: CloudflareApi) -> None:
    log, broken, program = tmp_path / "ran", tmp_path / "broken", tmp_path / "cloudflared"
    program.write_text(CLOUDFLARED.format(log=log, broken=broken))
    program.chmod(0o755)
    box = fresh
    box.env |= {"MCPBOX_CLOUDFLARE_API": api.url, "MCPBOX_SPY": "seen"}
    box.start("--cloudflared", str(program))
    box.create_admin()
    admin = AdminSession(box.admin_url)

    def tunnel() -> dict[str, Any]:
        return admin.send("GET", "/cloudflare")["tunnel"]

    until(lambda: "waits for the tunnel" in (tunnel() or {}).get("message", ""))
    assert not log.exists()
    admin.send("PUT", "/cloudflare", PLAN | {"token": TOKEN})
    run_to(admin, "tunnel")
    until(lambda: tunnel()["is_running"] and log.exists())
    (tunnel_id,) = api.account.tunnels
    assert log.read_text() == f"tunnel --no-autoupdate run|tunnel-token-of-{tunnel_id}|\n", "the token by environment, nothing else of ours"
    assert tunnel_id not in "".join(box.children().values())

    broken.touch()
    os.kill(int(log.with_suffix(".pid").read_text()), 9)
    failed = until(lambda: (now := tunnel())["restarts"] >= 2 and not now["is_running"] and now)
    assert "a word of the program" in failed["message"] and "started again in" in failed["message"]
    tries = log.read_text().count("run|")
    broken.unlink()
    until(lambda: tunnel()["is_running"] and log.read_text().count("run|") > tries)

    admin.send("POST", "/cloudflare/undo")
    until(lambda: "waits for the tunnel" in tunnel()["message"])
    assert log.read_text().endswith("stopped\n")
    tries = log.read_text().count("run|")
    run_to(admin, "tunnel")
    until(lambda: tunnel()["is_running"] and log.read_text().count("run|") > tries)
    before = log.read_text().count("stopped")
    box.stop()
    assert log.read_text().count("stopped") == before + 1


def test_cloudflared_does_not_outlive_a_server_that_is_killed(tmp_path: Path, fresh: Box) -> None:
    """The program ignores every signal that it can, and its server can tell it nothing."""
    program, gone = tmp_path / "cloudflared", tmp_path / "gone"
    program.write_text(f"#!/bin/sh\ntrap '' TERM INT HUP PIPE\nexec tail -f /dev/null {gone}-tunnel\n")
    program.chmod(0o755)
    (tmp_path / "gone-tunnel").touch()
    fresh.env |= {"TUNNEL_TOKEN": "token-of-the-operator"}
    fresh.start("--cloudflared", str(program))

    def tunnels() -> dict[int, str]:
        return {pid: line for pid, line in fresh.children().items() if f"{gone}-tunnel" in line}

    (pid,) = until(tunnels)
    fresh.kill()
    until(lambda: not Path(f"/proc/{pid}").exists())

    missing = tmp_path / "missing"
    fresh.start("--cloudflared", str(missing))
    fresh.create_admin()
    admin = AdminSession(fresh.admin_url)
    said = until(lambda: (now := admin.send("GET", "/cloudflare")["tunnel"]) and now["restarts"] and now["message"])
    assert f"{missing} cannot be started" in said and "check --cloudflared" in said, said
    fresh.stop()
