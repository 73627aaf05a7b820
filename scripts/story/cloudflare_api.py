"""Cloudflare's API as far as the connection needs it, on the test's own LAN. Remembers every request, holds each against the models of
Cloudflare's own SDK, and answers in those models too. Access's discovery document is here as well."""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cloudflare.types.accounts import Account
from cloudflare.types.connectivity.directory import service_create_params, service_create_response
from cloudflare.types.kv import Namespace, namespace_create_params
from cloudflare.types.user import TokenVerifyResponse
from cloudflare.types.workers import script_update_params
from cloudflare.types.workers.scripts import schedule_update_params, subdomain_create_params
from cloudflare.types.shared import CloudflareTunnel
from cloudflare.types.zero_trust import Organization
from cloudflare.types.zero_trust.access import OIDCSaaSApp, PolicyCreateResponse, application_create_params, policy_create_params
from cloudflare.types.zero_trust.tunnels import cloudflared_create_params
from lan_host import ADDRESS
from sdk_model import problems

ACCOUNT = "0123456789abcdef0123456789abcdef"
TOKEN = "cf-token-that-nobody-else-knows-0123456789"
PREFIX = "/client/v4"

# What each request that makes something must look like, by the SDK.
MODELS: dict[str, Any] = {
    r"POST /accounts/\w+/cfd_tunnel": cloudflared_create_params.CloudflaredCreateParams,
    r"POST /accounts/\w+/connectivity/directory/services": service_create_params.InfraHTTPServiceConfig,
    r"POST /accounts/\w+/storage/kv/namespaces": namespace_create_params.NamespaceCreateParams,
    r"POST /accounts/\w+/access/policies": policy_create_params.PolicyCreateParams,
    r"POST /accounts/\w+/access/apps": application_create_params.SaaSApplication,
    r"PUT /accounts/\w+/workers/scripts/[\w-]+": script_update_params.Metadata,
    r"POST /accounts/\w+/workers/scripts/[\w-]+/subdomain": subdomain_create_params.SubdomainCreateParams,
    r"PUT /accounts/\w+/workers/scripts/[\w-]+/schedules": list[schedule_update_params.Body],
}


def check_model(line: str, body: Any) -> None:
    """The SDK's model takes the body and knows all of it."""
    model = next(model for pattern, model in MODELS.items() if re.fullmatch(pattern, line))
    given = {"account_id": ACCOUNT} | body if "account_id" in getattr(model, "__annotations__", {}) else body
    found = problems(model, given)
    assert not found, f"{line}: {found}"


def check_answer(model: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer fits the SDK's model and has no field of our own making."""
    read = model.model_validate(answer)
    assert not (read.model_extra or {}), (model, read.model_extra)
    return answer


@dataclass
class Seen:
    """A request."""

    line: str
    body: Any
    token: str | None
    script: str | None = None


@dataclass
class Account_:
    """What is in the account."""

    tunnels: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    scripts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self) -> int:
        return sum(len(kind) for kind in vars(self).values())


class CloudflareApi:
    """See the module. `refuse` and `stall` name a request line (a pattern) that goes wrong once."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.wrong: list[str] = []
        self.account = Account_()
        self.refuse: dict[str, tuple[int, bytes]] = {}
        self.stall: dict[str, threading.Event] = {}
        self.stalled = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                status, body = api.answer(self)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the other end was killed

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 (the library's names)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((ADDRESS, 0), Handler)
        self._server.daemon_threads = True
        self.authority = f"{ADDRESS}:{self._server.server_address[1]}"
        self.url = f"http://{self.authority}{PREFIX}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        for event in self.stall.values():
            event.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def writes(self) -> list[str]:
        """Request lines that change something, in order."""
        return [seen.line for seen in self.seen if not seen.line.startswith("GET")]

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        length = int(request.headers.get("Content-Length") or 0)
        raw = request.rfile.read(length)
        path = request.path.removeprefix(PREFIX).split("?")[0]
        line = f"{request.command} {path}"
        if request.path.startswith("/cdn-cgi/"):
            return self.discovery(request.path)
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        seen = Seen(line, None, token)
        try:
            seen.body, seen.script = read_body(request.headers.get("Content-Type") or "", raw)
            if seen.body is not None:
                check_model(line, seen.body)
        except Exception as error:  # noqa: BLE001 (told at the end of the test, whatever it is)
            self.wrong.append(f"{line}: {error}")
        self.seen.append(seen)
        if token != TOKEN:
            return problem(401, 1000, "Invalid API Token")
        for pattern in list(self.refuse):
            if re.fullmatch(pattern, line):
                return self.refuse.pop(pattern)
        try:
            result = self.work(line, seen)
        except KeyError:
            return problem(404, 7003, "Could not route to it, perhaps your object identifier is invalid?")
        for pattern in list(self.stall):
            if re.fullmatch(pattern, line):
                self.stalled.set()
                self.stall.pop(pattern).wait(30)
        if result is None:
            return 202, b""
        return 200, json.dumps({"success": True, "errors": [], "messages": [], "result": result}).encode()

    def discovery(self, path: str) -> tuple[int, bytes]:
        client = path.removeprefix("/cdn-cgi/access/sso/oidc/").removesuffix("/.well-known/openid-configuration")
        if not any(app["saas_app"]["client_id"] == client for app in self.account.apps.values()):
            return 404, b"{}"
        issuer = f"http://{self.authority}/cdn-cgi/access/sso/oidc/{client}"
        endpoints = {name: f"{issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return 200, json.dumps({"issuer": issuer} | endpoints).encode()

    def work(self, line: str, seen: Seen) -> Any:
        """The result; none is 202 with an empty body, as some deletions are answered."""
        account, body = self.account, seen.body
        method, path = line.split(" ")
        path = path.removeprefix(f"/accounts/{ACCOUNT}")
        fixed: dict[str, Callable[[], Any]] = {
            "GET /user/tokens/verify": lambda: check_answer(TokenVerifyResponse, {"id": "t1", "status": "active"}),
            "GET /accounts": lambda: [check_answer(Account, {"id": ACCOUNT, "name": "Ada's", "type": "standard"})],
            "GET ": lambda: {"id": ACCOUNT, "name": "Ada's", "type": "standard"},
            "GET /access/organizations": lambda: check_answer(Organization, {"auth_domain": self.authority, "name": "ada"}),
            "GET /workers/subdomain": lambda: {"subdomain": "ada"},
            "GET /cfd_tunnel": lambda: list(account.tunnels.values()),
            "GET /connectivity/directory/services": lambda: list(account.services.values()),
            "GET /storage/kv/namespaces": lambda: list(account.namespaces.values()),
            "GET /access/policies": lambda: list(account.policies.values()),
            "GET /access/apps": lambda: [
                app | {"saas_app": {k: v for k, v in app["saas_app"].items() if k != "client_secret"}} for app in account.apps.values()
            ],
            "GET /workers/scripts": lambda: list(account.scripts.values()),
            "POST /cfd_tunnel": lambda: self.keep(
                account.tunnels, "id", CloudflareTunnel, {"name": body["name"], "status": "inactive", "config_src": "cloudflare"}
            ),
            "POST /connectivity/directory/services": lambda: self.keep(
                account.services, "service_id", service_create_response.InfraHTTPServiceConfig, body
            ),
            "POST /storage/kv/namespaces": lambda: self.keep(account.namespaces, "id", Namespace, {"title": body["title"]}),
            "POST /access/policies": lambda: self.keep(account.policies, "id", PolicyCreateResponse, body),
            "POST /access/apps": lambda: self.make_app(body),
        }
        if (answer := fixed.get(f"{method} {path}")) is not None:
            return answer()
        match [method, *path.strip("/").split("/")]:
            case ["GET", "cfd_tunnel", tunnel]:
                return account.tunnels[tunnel]
            case ["GET", "cfd_tunnel", tunnel, "token"]:
                return f"tunnel-token-of-{account.tunnels[tunnel]['id']}"
            case ["DELETE", "cfd_tunnel", tunnel, "connections"]:
                assert tunnel in account.tunnels
                return {}
            case ["DELETE", "cfd_tunnel", tunnel]:
                return account.tunnels.pop(tunnel)
            case ["DELETE", "connectivity", "directory", "services", service]:
                account.services.pop(service)
                return None
            case ["DELETE", "storage", "kv", "namespaces", namespace]:
                account.namespaces.pop(namespace)
                return {}
            case ["DELETE", "access", "policies", policy]:
                account.policies.pop(policy)
                return None
            case ["DELETE", "access", "apps", app]:
                account.apps.pop(app)
                return None
            case ["PUT", "workers", "scripts", name]:
                account.scripts[name] = {"id": name}
                return account.scripts[name]
            case ["POST", "workers", "scripts", name, "subdomain"]:
                assert name in account.scripts
                return body
            case ["PUT", "workers", "scripts", name, "schedules"]:
                assert name in account.scripts
                return {"schedules": body}
            case ["DELETE", "workers", "scripts", name]:
                account.scripts.pop(name)
                return None
        raise KeyError(path)

    @staticmethod
    def keep(kind: dict[str, dict[str, Any]], id_name: str, model: Any, body: dict[str, Any]) -> dict[str, Any]:
        made = {id_name: str(uuid.uuid4())} | body
        kind[made[id_name]] = check_answer(model, made)
        return made

    def make_app(self, body: dict[str, Any]) -> dict[str, Any]:
        secret = {"client_id": uuid.uuid4().hex, "client_secret": "client-secret-" + uuid.uuid4().hex}
        made = body | {"id": str(uuid.uuid4()), "saas_app": check_answer(OIDCSaaSApp, body["saas_app"] | secret)}
        self.account.apps[made["id"]] = made
        return made


def read_body(kind: str, raw: bytes) -> tuple[Any, str | None]:
    """JSON, or the metadata and the module of an upload."""
    if not raw:
        return None, None
    if kind == "application/json":
        return json.loads(raw), None
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + raw)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    metadata = json.loads(parts["metadata"].get_payload(decode=True))
    module = parts[metadata["main_module"]]
    assert module.get_content_type() == "application/javascript+module", module.get_content_type()
    return metadata, module.get_payload(decode=True).decode()


def problem(status: int, code: int, message: str) -> tuple[int, bytes]:
    """An error as Cloudflare words it."""
    return status, json.dumps({"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}).encode()
