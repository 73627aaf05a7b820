"""A FastMCP server over standard streams that tries what it must not."""

from __future__ import annotations

import asyncio
import os
import sys
import time

from fastmcp import Context, FastMCP

server = FastMCP("stdio")
happened: list[str] = []


@server.tool
def attempt(line: str) -> str:
    """Does what it is told."""
    try:
        return f"got through: {eval(line)!r}"
    except BaseException as error:
        return f"refused: {type(error).__name__}"


@server.tool
def environment() -> str:
    """Tells what it was given, and what happened."""
    return "\n".join([f"{name}={value}" for name, value in sorted(os.environ.items())] + happened)


@server.tool
def complain(words: str) -> str:
    """Says something where nobody listens."""
    print(words, file=sys.stderr, flush=True)
    return "said"


@server.tool
async def flood(seconds: float, ctx: Context) -> str:
    """Says much."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await ctx.report_progress(time.monotonic(), None, "x" * 1000)
    return "done"


@server.tool
async def slow(seconds: float) -> str:
    """Takes its time."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        happened.append("cancelled")
        raise
    return "done"


server.run(show_banner=False)
