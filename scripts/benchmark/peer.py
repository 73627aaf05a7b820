"""The peer: the same tools as plain functions inside a FastMCP server, without any sandbox. Prints its port's line when it serves."""

from __future__ import annotations

import sys

from fastmcp import FastMCP

server = FastMCP("peer")


@server.tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


def more(count: int) -> None:
    """Registers `count` further tools of the same shape."""
    for number in range(count):

        def tool(a: int, b: int) -> int:
            return a + b

        tool.__name__ = f"add_{number:03}"
        tool.__doc__ = "Adds."
        server.tool(tool)


if __name__ == "__main__":
    more(int(sys.argv[2]))
    server.run(
        transport="http", host=sys.argv[3], port=int(sys.argv[1]), path="/mcp", show_banner=False, log_level="error",
        stateless_http=True, json_response=True, uvicorn_config={"log_level": "error", "access_log": False},
    )  # fmt: skip
