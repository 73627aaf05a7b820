from __future__ import annotations

from typing import NamedTuple


class Node(NamedTuple):
    """A node of the tree."""

    name: str
    children: list[Node] = []


type Json = dict[str, Json] | list[Json] | str | int | float | bool | None


def depth(node):
    return 1 + max((depth(child) for child in node.children), default=0)


async def main(root: Node, extra: Json = None) -> Node:
    """Trim a tree to its deepest branch."""
    if not root.children:
        return root
    return Node(root.name, [max(root.children, key=depth)])
