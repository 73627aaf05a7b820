"""A FastMCP server that lets in who logged in with its own OAuth 2.1: `guarded.py ADDRESS PORT NAME LASTS_S [ask]`. People log in at
`NAME`, another name of the same address; with `ask` a page there asks them first. Access tokens last so many seconds. Lines on its standard input: `expire` forgets the
access tokens, `revoke` all tokens, `close` renews none and takes none back, and `open` does again. Each is answered with how often it was asked for
a renewal, `count` with how many tokens are good."""

from __future__ import annotations

import asyncio
import html
import secrets
import sys
from typing import Any

import mcp.server.auth.routes
from fastmcp import FastMCP
from fastmcp.server.auth.providers import in_memory
from fastmcp.server.dependencies import get_access_token, get_http_headers
from mcp.server.auth.settings import ClientRegistrationOptions, RevocationOptions
from mcp.server.auth.provider import TokenError, construct_redirect_uri
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

address, port, name, lasts_s = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
asks = sys.argv[5:] == ["ask"]
# Nothing in this network has a certificate.
mcp.server.auth.routes.validate_issuer_url = lambda url: None
in_memory.DEFAULT_ACCESS_TOKEN_EXPIRY_SECONDS = lasts_s
state = {"asked": 0, "is_closed": False}


class Guard(in_memory.InMemoryOAuthProvider):
    """Lets everybody in who is sent to it, once they said so if it asks, and counts how often it is asked for tokens."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.asked: dict[str, tuple[Any, Any]] = {}

    async def authorize(self, client: Any, params: Any) -> str:
        """Where the browser goes next: back, or to the page that asks."""
        if not asks:
            return await super().authorize(client, params)
        question = secrets.token_hex(8)
        self.asked[question] = (client, params)
        return f"http://{name}:{port}/consent?question={question}"

    async def decide(self, question: str, is_allowed: bool) -> str:
        """Where the browser goes with the answer."""
        client, params = self.asked.pop(question)
        if is_allowed:
            return await super().authorize(client, params)
        return construct_redirect_uri(str(params.redirect_uri), error="access_denied", error_description="You said no", state=params.state)

    async def exchange_refresh_token(self, client: Any, refresh_token: Any, scopes: list[str]) -> Any:
        """Gives new tokens; the old ones are worthless from then on."""
        state["asked"] += 1
        if state["is_closed"]:
            raise RuntimeError("closed")
        # Two that ask at once with the same token would be seen here.
        await asyncio.sleep(0.3)
        if refresh_token.token not in self.refresh_tokens:
            raise TokenError("invalid_grant", "the refresh token was used before")
        return await super().exchange_refresh_token(client, refresh_token, scopes)

    async def revoke_token(self, token: Any) -> None:
        """Takes a token back."""
        if state["is_closed"]:
            raise RuntimeError("closed")
        await super().revoke_token(token)


guard = Guard(
    base_url=f"http://{name}:{port}",
    resource_base_url=f"http://{address}:{port}",
    client_registration_options=ClientRegistrationOptions(enabled=True),
    revocation_options=RevocationOptions(enabled=True),
)
server = FastMCP("guarded", auth=guard)

PAGE = """<!doctype html><html lang="en"><title>Guarded</title><h1>May {client} use your account?</h1>
<form method="post"><button name="answer" value="yes">Allow</button> <button name="answer" value="no">Refuse</button></form>"""


@server.custom_route("/consent", methods=["GET", "POST"])
async def consent(request: Request) -> Response:
    """Asks whoever logs in, and sends them back with what they said."""
    question = request.query_params["question"]
    if request.method == "GET":
        client, _ = guard.asked[question]
        return HTMLResponse(PAGE.format(client=html.escape(client.client_name or "somebody")))
    answer = (await request.form())["answer"]
    return RedirectResponse(await guard.decide(question, answer == "yes"), 303)


@server.tool
def who() -> dict[str, Any]:
    """Tells who calls, and with what."""
    token = get_access_token()
    return {"client": token.client_id if token else None, "shown": get_http_headers(include_all=True).get("authorization", "")}


def do(line: str) -> str:
    match line:
        case "expire":
            guard.access_tokens.clear()
        case "revoke":
            guard.access_tokens.clear()
            guard.refresh_tokens.clear()
        case "close" | "open":
            state["is_closed"] = line == "close"
        case "count":
            return str(len(guard.access_tokens) + len(guard.refresh_tokens))
    return str(state["asked"])


async def main() -> None:
    """Serves, and does what standard input says."""
    loop = asyncio.get_running_loop()

    async def listen() -> None:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(do(line.strip()), flush=True)

    listening = asyncio.create_task(listen())
    await server.run_async("http", path="/mcp", host=address, port=port, show_banner=False, log_level="warning")
    listening.cancel()


asyncio.run(main())
