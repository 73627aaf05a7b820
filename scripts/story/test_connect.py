"""`mcpbox doctor connect` against the real binary behind real proxies, of which each is wrong in one place: the report names that hop, and
what mends it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from box import PROGRAM, UNLIMITED, AdminSession, Box, clean_environment
from front_proxy import ADDRESS, Authority, Proxy, free_port
from oauth_flow import Remote, allow_passwords

LIMIT_S = 120
# What the guide tells people to write.
NGINX = """
location / {
  proxy_pass http://%(upstream)s;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_buffering off;
  proxy_read_timeout 1h;
}
"""
CADDY = "reverse_proxy %(upstream)s"


class Published:
    """A box with a public address, and the proxies of a test in front of it."""

    def __init__(self, box: Box, authority: Authority, directory: Path, port: int, upstream: str) -> None:
        self.box, self.authority, self.directory, self.port, self.upstream = box, authority, directory, port, upstream
        self.url = f"https://{ADDRESS}:{port}"

    def behind(self, server: str, name: str, *, program: str = "nginx", tls: bool = True, **other: str) -> Proxy:
        known = {"upstream": self.upstream} | other
        return Proxy(self.authority, self.directory / name, server % known, program=program, port=self.port, tls=tls)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    directory = tmp_path_factory.mktemp("published")
    directory.chmod(0o755)
    port = free_port()
    settings = UNLIMITED | {"MCPBOX_PUBLIC_URL": f"https://{ADDRESS}:{port}", "MCPBOX_TRUSTED_PROXIES": f"127.0.0.1,{ADDRESS}"}
    authority = Authority(directory / "authority")
    settings |= {"MCPBOX_REMOTE_ADDR": f"127.0.0.1:{(remote := free_port())}", "MCPBOX_EXTRA_CA": str(authority.file)}
    box = Box(directory / "data", settings).start()
    box.create_admin()
    yield Published(box, authority, directory, port, f"127.0.0.1:{remote}")
    box.stop()


def doctor(url: str, *arguments: str, token: str = "", works: bool) -> dict[str, dict[str, Any]]:
    """The hops of a report by name. Run without a data directory, as on any other machine."""
    env = clean_environment({"HOME": "/nonexistent"} | ({"MCPBOX_TOKEN": token} if token else {}))
    command = [str(PROGRAM), "doctor", "connect", url, "--json", *arguments]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    report = json.loads(done.stdout)
    assert (done.returncode == 0) == report["ok"] == works, (done.stdout, done.stderr)
    return {check["layer"]: check for check in report["checks"]}


@pytest.mark.parametrize(("program", "server"), [("nginx", NGINX), ("caddy", CADDY)])
def test_behind_a_proxy_as_the_guide_says_every_hop_is_as_wanted(published: Published, program: str, server: str) -> None:
    with published.behind(server, f"right-{program}", program=program):
        hops = doctor(published.url + "/mcp", "--extra-ca", str(published.authority.file), works=True)
    assert all(hop["ok"] for hop in hops.values()), hops
    assert list(hops) == [
        "address", "name", "connection", "server", "challenge", "resource metadata", "server metadata", "registration", "authorize",
        "foreign redirect", "token endpoint", "authorization", "initialize", "discover", "stream",
    ]  # fmt: skip


WRONG = {
    "another host": (NGINX.replace("Host $http_host", "Host other.internal"), "server", "proxy_set_header Host"),
    "authorization is stripped": (NGINX.replace("location", 'proxy_set_header Authorization "";\nlocation').replace(
        "proxy_set_header X-Forwarded-Proto", 'proxy_set_header Authorization "";\n  proxy_set_header X-Forwarded-Proto'),
        "authorization", "Authorization"),
    "answers are collected": (NGINX.replace("proxy_buffering off", "proxy_ignore_headers X-Accel-Buffering"), "stream", "proxy_buffering off"),
    "another path": (NGINX.replace("proxy_pass http://%(upstream)s", "proxy_pass http://%(upstream)s/mcpbox/"), "server", "unchanged"),
    "only the endpoint": (NGINX.replace("location /", "location /health") + NGINX.replace("location /", "location = /mcp"), "resource metadata", "all paths"),
    "no metadata": (NGINX + "location /.well-known { return 404; }", "resource metadata", "all paths"),
    "a redirect": ("location / { return 301 https://other.internal/; }", "server", "redirects to 'https://other.internal/'"),
    "nothing behind it": (NGINX.replace("%(upstream)s", "127.0.0.1:9"), "server", "does not reach MCPbox"),
    "an unreadable client": (NGINX.replace("$proxy_add_x_forwarded_for", '"unknown"'), "server", "X-Forwarded-For"),
    "a login of its own": (NGINX + 'location = /mcp { return 401; }', "challenge", "no login of its own"),
    "cacheable tokens": (NGINX.replace("proxy_buffering off", "proxy_hide_header Cache-Control; proxy_buffering off"), "token endpoint", "Cache-Control"),
    "the local endpoint": (NGINX.replace("%(upstream)s", "%(local)s").replace("$http_host", "localhost"), "challenge", "MCPBOX_REMOTE_ADDR"),
    "the admin page": (NGINX.replace("%(upstream)s", "%(admin)s"), "challenge", "never publish that"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_proxy_that_is_wrong_in_one_place_is_told_so(published: Published, name: str) -> None:
    server, hop, fix = WRONG[name]
    other = {"local": published.box.mcp_url.split("/")[2], "admin": published.box.admin_url.split("/")[2]}
    with published.behind(server, name.replace(" ", "-"), **other):
        hops = doctor(published.url, "--extra-ca", str(published.authority.file), works=False)
    first = next(check for check in hops.values() if not check["ok"])
    assert first["layer"] == hop and fix in first["fix"], first


def test_what_is_wrong_before_the_proxy_is_told_too(published: Published) -> None:
    own = ("--extra-ca", str(published.authority.file))
    assert "Nobody listens" in doctor(published.url, *own, works=False)["connection"]["fix"]
    assert "docs/guides/proxies.md" in doctor(published.url.replace("https", "http"), *own, works=False)["address"]["fix"]
    assert "of its own" in doctor(published.url + "/mcpbox/mcp", *own, works=False)["address"]["fix"]
    assert "DNS record" in doctor("https://mcpbox-doctor.invalid", *own, works=False)["name"]["fix"]
    with published.behind(NGINX, "plain", tls=False):
        assert "speaks http" in doctor(published.url, *own, works=False)["connection"]["fix"]
    with published.behind(NGINX, "unknown"):
        assert "Let's Encrypt" in doctor(published.url, works=False)["connection"]["fix"]
        elsewhere = doctor(published.url, *own, works=True)
    assert elsewhere["challenge"]["got"].startswith(f"it points to {published.url}/")


def test_the_page_checks_the_same_hops_of_its_own_address(published: Published) -> None:
    admin = AdminSession(published.box.admin_url)
    with published.behind(NGINX, "page-right"):
        checked = admin.send("POST", "/connection/check", {})
    assert checked["is_ok"] and checked["public_url"] == published.url and len(checked["hops"]) == 15, checked
    with published.behind(WRONG["no metadata"][0], "page-wrong"):
        checked = admin.send("POST", "/connection/check", {})
    assert [hop["name"] for hop in checked["hops"] if not hop["is_ok"]] == ["resource metadata", "server metadata"], checked


def test_a_token_gets_the_doctor_behind_the_login(published: Published) -> None:
    allow_passwords(published.box)
    remote = Remote(published.box)
    token = remote.tokens(remote.client())["access_token"]
    with published.behind(NGINX, "token"):
        hops = doctor(published.url, "--extra-ca", str(published.authority.file), token=token, works=True)
        assert (hops["initialize"]["got"], "2026-07-28" in hops["discover"]["got"]) == ("2025-11-25", True), hops
        refused = doctor(published.url, "--extra-ca", str(published.authority.file), token=token + "x", works=False)
    assert "MCPBOX_TOKEN is refused" in refused["initialize"]["got"]
