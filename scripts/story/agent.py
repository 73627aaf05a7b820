"""A client with no knowledge but our answers: it makes the call that stands under `next`, and nothing else.

`…` in such a call stands for what the author wrote. Where code has to be mended, a task brings the mending, and may look only at
what the answer says. When an answer says that a human is awaited, one acts over the admin API."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from box import AdminSession, Box
from llm import Llm
from mcp.shared.exceptions import MCPError

YOURS = "…"
# Calls that write or try something.
AUTHORING = {"mcpbox_" + name for name in (
    "create_server", "create_tool", "update_tool", "test_code", "request_publish", "request_module", "request_network_access",
    "create_server_secret", "start_server", "rollback_tool", "validate_code",
)}  # fmt: skip
AUTHORING_MAX = 5
CALLS_MAX = 16

Mend = Callable[[dict[str, Any], str], str]


@dataclass
class Task:
    """Something to reach: a working published tool, from a call that fails."""

    name: str
    tool: str
    code: str
    # What a call of the published tool returns in the end, and with which arguments.
    arguments: dict[str, Any]
    result: Any
    # Turns a failure and the code into better code; only what the failure says may decide.
    mend: Mend | None = None
    # The call that fails; without one the tool is made from `code`.
    first: tuple[str, dict[str, Any]] | None = None
    # What has to be there before.
    before: Callable[[Stage], Any] | None = None
    mocks: list[dict[str, Any]] | None = None
    # A kind that must come up on the way: else the task did not try what it is named after.
    kind: str | None = None
    # What the human says no to, once.
    rejects: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Stage:
    box: Box
    llm: Llm
    admin: AdminSession
    secrets: dict[str, str]

    def act_as_human(self, tool: str, reject: str | None = None) -> None:
        """Decides what waits for a tool, and sets every value that is missing."""
        self.admin.reconnect()
        for item in self.admin.send("GET", "/reviews?state=open&page_size=100")["items"]:
            if item["tool"] != tool:
                continue
            verb, comment = ("reject", reject) if reject else ("approve", "")
            self.admin.send("POST", f"/reviews/{item['id']}/{verb}", {"content_hash": item["content_hash"], "comment": comment})
        for secret in self.admin.send("GET", "/secrets?page_size=100")["items"]:
            if not secret["has_value"]:
                value = self.secrets.get(secret["key"], "a value")
                self.admin.send("PUT", f"/servers/{secret['server']}/secrets/{secret['key']}/value", {"value": value})


class Lost(AssertionError):
    """The answers did not lead to the goal."""


class Agent:
    def __init__(self, stage: Stage, task: Task) -> None:
        self.stage = stage
        self.task = task
        self.code = task.code
        self.trail: list[str] = []
        self.failures: list[dict[str, Any]] = []
        self.authoring = 0
        self.rejects = task.rejects

    async def work(self) -> None:
        tool, arguments = self.task.first or ("mcpbox_create_tool", self._creation())
        for _ in range(CALLS_MAX):
            answer, failed = await self._call(tool, arguments)
            if failed:
                self.failures.append(answer)
            if tool == "mcpbox_call_tool" and not failed:
                self._check(answer)
                return
            tool, arguments = self._next(answer)
            if self.failures:
                self.authoring += tool in AUTHORING
            if self.authoring > AUTHORING_MAX:
                raise self._lost(f"more than {AUTHORING_MAX} authoring calls beyond the failing one")
        raise self._lost("no end")

    def _creation(self) -> dict[str, Any]:
        server, name = self.task.tool.split("__")
        return {"server_id": server, "name": name, "python_code": self.code}

    async def _call(self, tool: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        self.trail.append(f"→ {tool} {json.dumps(arguments, ensure_ascii=False)}")
        try:
            result = await self.stage.llm.client.call_tool(tool, arguments)
        except MCPError as error:
            answer, failed = {"message": error.error.message, **(error.error.data or {})}, True
        else:
            answer, failed = result.structured_content or {}, bool(result.is_error)
        # A test that fails is an answer of its own, with the failure in it.
        failure = answer.get("failure") or answer.get("error")
        if not failed and isinstance(failure, dict):
            answer = {**failure, "next": answer["next"]}
            failed = True
        self.trail.append(f"{'✗' if failed else '✓'} {json.dumps(answer, ensure_ascii=False)[:3000]}")
        return answer, failed

    def _next(self, answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        steps = answer.get("next")
        steps = [{"call": steps}] if isinstance(steps, dict) else steps or []
        for step in steps:
            if "human" in step:
                self.stage.act_as_human(self._tool(), self.rejects)
                self.rejects = None
            elif step.get("call"):
                return step["call"]["tool"], self._filled(step["call"], answer)
        raise self._lost("the answer names no call")

    def _filled(self, call: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """The call with what the author wrote in the places that are left to him."""
        arguments = copy.deepcopy(call["arguments"])
        if arguments.get("python_code") == YOURS:
            if self.task.mend is not None:
                self.code = self.task.mend(self._reason(answer), self.code)
            arguments["python_code"] = self.code
        if call["tool"] == "mcpbox_call_tool" or call["tool"] == "mcpbox_test_code":
            # An example to begin with gives way to what the author wants; a mended call is made as it stands.
            shown = arguments.get("arguments", {})
            if "kind" not in answer or shown == {} or YOURS in json.dumps(shown, ensure_ascii=False):
                arguments["arguments"] = self.task.arguments
        if call["tool"] == "mcpbox_test_code" and self.task.mocks and not arguments.get("http_mocks"):
            arguments["http_mocks"] = self.task.mocks
        if arguments.get("name") == YOURS:
            arguments["name"] = self.task.tool.split("__")[1]
        for name, value in arguments.items():
            if value == YOURS:
                raise self._lost(f"nobody knows what to give as {name}")
        return arguments

    def _tool(self) -> str:
        """The tool that the last answer was about."""
        named = re.findall(r'"(?:tool_id|name|tool)": "([a-z0-9_]+__[a-z0-9_]+)"', "\n".join(self.trail))
        return named[-1] if named else self.task.tool

    def _reason(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What is to be mended: the failure itself, or the words with the step."""
        if "kind" in answer:
            return answer
        step = next((step["step"] for step in answer["next"] if step.get("call")), "")
        return {"kind": "step", "message": step, "hint": step, **{k: answer[k] for k in ("comment",) if answer.get(k)}}

    def _check(self, answer: dict[str, Any]) -> None:
        value = answer["result"] if set(answer) == {"result"} and not isinstance(self.task.result, dict) else answer
        if value != self.task.result:
            raise self._lost(f"it returns {value!r}, not {self.task.result!r}")
        kinds = [failure.get("kind") for failure in self.failures]
        if self.task.kind is not None and self.task.kind not in kinds:
            raise self._lost(f"{self.task.kind} never came up, only {kinds}")

    def _lost(self, why: str) -> Lost:
        return Lost(f"{self.task.name}: {why}\n" + "\n".join(self.trail))
