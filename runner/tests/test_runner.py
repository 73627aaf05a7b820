"""The runner's rules without a jail: `python3 -m unittest discover -s runner/tests -t runner`. The jail itself is tested through the
sandbox crate."""

import dataclasses
import datetime
import decimal
import enum
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import types
import typing
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import annotations
import content
import failures
import language
import parameters
import results
import tool_runtime
from channel import Channel, Disconnected

STDLIB = ["json", "math", "collections", "xml.etree.ElementTree", "pkg.*"]


def run_tool(source, arguments=None, policy="strict", modules=STDLIB, secrets=None, cap=10_000):
    """The last frame of a run: (header, body)."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        header = {"policy": policy, "modules": modules, "secrets": secrets or {}, "limits": {"result_bytes": cap}}
        text, body = source.encode(), json.dumps(arguments or {}).encode()
        channel = Channel(theirs.fileno())
        tool_runtime.run(channel, {**header, "sizes": [len(text), 0]}, text + body)
        return Channel(ours.fileno()).receive()


def value_of(source, **options):
    header, body = run_tool(source, **options)
    if header["type"] != "result":
        raise AssertionError(header)
    return json.loads(body)["value"]


def failure_of(source, **options):
    header, _ = run_tool(source, **options)
    if header["type"] != "error":
        raise AssertionError(header)
    return header["failure"]


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date | None = None


class Shape(typing.TypedDict, total=False):
    points: list[Point]


class Results(unittest.TestCase):
    def encode(self, value, cap=1000):
        return json.loads(results.encode(value, cap))["value"]

    def test_types_have_one_json_form(self):
        cases = [
            (Point(1), {"x": 1, "when": None}),
            (Colour.RED, "red"),
            (decimal.Decimal("1.10"), "1.10"),
            ({2, 1}, [1, 2]),
            (range(2), [0, 1]),
            ({1: True, None: 1.5}, {"1": True, "null": 1.5}),
            (datetime.time(1, 2), "01:02:00"),
            ("\ud800", "?"),
        ]
        for value, expected in cases:
            self.assertEqual(self.encode(value), expected)

    def test_what_json_cannot_say_is_refused(self):
        for value in [b"x", float("inf"), 1 << 64, {(): 1}, object(), lambda: 0, socket]:
            with self.assertRaises(results.NotJson, msg=repr(value)):
                self.encode(value)

    def test_size_is_checked_before_encoding(self):
        class Endless(list):
            def __iter__(self):
                while True:
                    yield "x" * 100

        for value in ["x" * 1001, ["x" * 200] * 6, Endless(), {"k" * 1001: 1}]:
            with self.assertRaises(results.TooLarge):
                self.encode(value)
        self.encode("x" * 990)
        with self.assertRaises(results.TooLarge):
            self.encode("\x00" * 990)  # grows sixfold when encoded

    def test_depth_is_bounded(self):
        deep = []
        for _ in range(results.DEPTH_MAX - 1):
            deep = [deep]
        self.encode(deep)
        with self.assertRaises(results.NotJson):
            self.encode([[deep]])

    def test_blocks_are_content(self):
        body = json.loads(results.encode([content.text(1), content.audio(b"a"), {"not": "a block"}], 1000))
        self.assertIsNone(body["value"])
        self.assertEqual([block["type"] for block in body["content"]], ["text", "audio", "text"])
        link = content.resource_link("https://x.de/a", mime_type="text/plain")
        self.assertEqual(link, {"type": "resource_link", "uri": "https://x.de/a", "name": "https://x.de/a", "mimeType": "text/plain"})


class Parameters(unittest.TestCase):
    def convert(self, hint, value):
        def main(a):
            pass

        main.__annotations__ = {"a": hint}
        return parameters.convert(main, {"a": value})["a"]

    def test_annotations_decide(self):
        cases = [
            (Colour, "red", Colour.RED),
            (Colour, "RED", Colour.RED),
            (Point, {"x": 1, "when": "2026-01-02"}, Point(1, datetime.date(2026, 1, 2))),
            (Shape, {"points": [{"x": 2}]}, {"points": [Point(2)]}),
            (list[Colour] | None, ["red"], [Colour.RED]),
            (typing.Optional[Colour], None, None),
            (int | datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
            (int | str, "7", "7"),
            (dict[str, decimal.Decimal], {"a": 1.1}, {"a": decimal.Decimal("1.1")}),
            (typing.Annotated[datetime.datetime, "when"], "2026-01-02T03:04:05Z", datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)),
            (tuple[int, Colour], [1, "red"], (1, Colour.RED)),
            (set[int], [1, 1], {1}),
            (typing.Literal["a"], "a", "a"),
            (float, 1, 1.0),
            (typing.Any, {"x": 1}, {"x": 1}),
        ]
        for hint, value, expected in cases:
            self.assertEqual(self.convert(hint, value), expected, hint)

    def test_misfits_name_the_argument(self):
        for hint, value in [(Colour, "blue"), (Point, {"y": 1}), (datetime.date, "gestern"), (list[Point], [1])]:
            with self.assertRaisesRegex(parameters.InvalidArgument, "'a'"):
                self.convert(hint, value)


class Annotations(unittest.TestCase):
    def test_text_that_is_a_type_is_taken(self):
        for text in (
            "int", "list[int] | None", "typing.Optional['dict[str, int]']", "Literal['a b']", "tuple[int, ...]",
            "Annotated[int, describe('x')]", "collections.abc.Sequence[str]", "Callable[[int], str]",
        ):  # fmt: skip
            annotations.check(types.SimpleNamespace(__annotations__={"a": text}))

    def test_text_that_reaches_in_or_computes_is_refused(self):
        for text in (
            "().__class__", "text()", "Optional[text()]", "Annotated[text(), 1]", "[f for f in g]", "(x for x in y).gi_frame",
            "list['().__class__']", "a.f_back", "lambda: 1", "int if a else b", "1 +", "attrgetter", "a[0](b)",
        ):  # fmt: skip
            with self.assertRaises(parameters.InvalidArgument, msg=text):
                annotations.check(types.SimpleNamespace(__annotations__={"a": text}))
        with self.assertRaises(parameters.InvalidArgument):
            annotations.check(types.SimpleNamespace(__annotations__={"a": list[typing.Optional["text()"]]}))


class Language(unittest.TestCase):
    def test_imports_follow_the_grants(self):
        allowed = ["import json", "from collections import OrderedDict", "import xml.etree.ElementTree as E", "from xml.etree import ElementTree", "from __future__ import annotations"]
        denied = ["import os", "import json.decoder", "from xml import sax", "import xml", "from json import codecs", "from random import randint", "from . import x"]
        for line in allowed:
            self.assertEqual(value_of(f"{line}\ndef main(): return 1"), 1, line)
        for line in denied:
            self.assertIn(failure_of(f"{line}\ndef main(): return 1")["kind"], ("import_denied", "exception"), line)
        header, _ = run_tool("import json\ntry:\n    import os\nexcept ImportError: pass\ndef main(): return 1")
        self.assertEqual((header["modules"], header["denied_modules"]), (["json"], ["os"]))

    def test_a_star_grants_what_lies_below(self):
        imports = language.Imports({"pkg.*", "single"})
        for name, expected in [("pkg", True), ("pkg.a.b", True), ("pkgs", False), ("single", True), ("single.a", False)]:
            self.assertEqual(imports._is_allowed(name), expected, name)

    def test_modules_of_the_library_import_what_they_like(self):
        self.assertEqual(value_of("import uuid\ndef main(): return len(str(uuid.uuid4()))", modules=["uuid"]), 36)

    def test_strict_has_no_forbidden_builtin_but_classes_and_decorators(self):
        for name in language.FORBIDDEN_BUILTINS - {"__import__"}:
            self.assertIn("NameError", failure_of(f"def main(): return {name}")["message"])
        source = "class A:\n    @property\n    def x(self): return 1\nclass B(A):\n    @property\n    def x(self): return super().x + 1\ndef main(): return B().x"
        self.assertEqual(value_of(source), 2)

    def test_a_loop_is_started_only_for_code_that_may_need_one(self):
        def code(source):
            return compile(source, "tool.py", "exec")

        self.assertFalse(language.needs_loop(code("async def main(): return await http.get('x')"), frozenset()))
        self.assertTrue(language.needs_loop(code("async def main():\n    import asyncio"), frozenset()))
        self.assertTrue(language.needs_loop(code("def f():\n    def g():\n        import aiohttp"), frozenset({"aiohttp"})))

    def test_a_coroutine_that_suspends_goes_on_in_a_loop(self):
        source = (
            "class Fails:\n    def __await__(self):\n        yield\n        raise ValueError('later')\n"
            "async def main():\n    try:\n        await Fails()\n    except ValueError as e:\n        return str(e)\n"
        )
        self.assertEqual(value_of(source), "later")


class Failures(unittest.TestCase):
    def test_kinds_lines_and_frames(self):
        cases = [
            ("def main(:", "syntax", 1),
            ("x = 1", "syntax", None),
            ("def main():\n    return 1/0", "exception", 2),
            ("def main(a): pass", "invalid_arguments", None),
            ("def main():\n    return secrets['K']", "secret_missing", 2),
            ("def main():\n    return 'x' * 100000", "output_too_large", None),
            ("def main():\n    raise MemoryError", "memory", 2),
            ("def main():\n    raise SystemExit", "exception", 2),
            ("def main():\n    raise TypeError('main() argument')", "exception", 2),
        ]
        for source, kind, line in cases:
            failure = failure_of(source)
            self.assertEqual((failure["kind"], failure.get("line")), (kind, line), source)

    def test_long_tracebacks_are_cut_in_the_middle(self):
        failure = failure_of("def f(n): return f(n - 1) if n else 1 / 0\ndef main(): return f(200)")
        self.assertIn("more frames", failure["traceback"])
        self.assertTrue(failure["traceback"].endswith("ZeroDivisionError: division by zero"))
        self.assertLess(len(json.dumps(failure)), 64 * 1024)

    def test_secrets_are_read_only_and_noted(self):
        source = "def main():\n    for act in (lambda: secrets.update(a=1), lambda: secrets.pop('K')):\n        try:\n            act()\n        except TypeError:\n            pass\n    return [secrets['K'], secrets.get('X', 'none')]"
        header, body = run_tool(source, secrets={"K": "v"})
        self.assertEqual((json.loads(body)["value"], header["secrets"]), (["v", "none"], ["K"]))


class Frames(unittest.TestCase):
    def test_answers_find_their_askers_across_threads(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            asking, answering = Channel(theirs.fileno()), Channel(ours.fileno())
            answers = {}

            def ask(number):
                answers[number] = asking.ask({"type": "http", "n": number}, b"body")[0]["n"]

            threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            requests = [answering.receive() for _ in threads]
            for header, body in reversed(requests):  # in another order than asked
                self.assertEqual(body, b"body")
                answering.send({"type": "http_result", "id": header["id"], "n": header["n"]})
            for thread in threads:
                thread.join(5)
            self.assertEqual(answers, {number: number for number in range(8)})

    def test_a_closed_call_is_noticed(self):
        ours, theirs = socket.socketpair()
        ours.sendall(b"\x01")
        ours.close()
        with theirs, self.assertRaises(Disconnected):
            Channel(theirs.fileno()).receive()

    def test_large_frames_arrive_whole(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            body = os.urandom(3 << 20)
            sender = threading.Thread(target=Channel(ours.fileno()).send, args=({"type": "x", "ü": "🙂"}, body))
            sender.start()
            header, received = Channel(theirs.fileno()).receive()
            sender.join()
            self.assertEqual((header["ü"], received == body), ("🙂", True))


class PreloadTest(unittest.TestCase):
    """In processes of their own: what is loaded ahead stays."""

    def preload(self, package: str) -> subprocess.CompletedProcess[str]:
        runner = Path(__file__).parent.parent
        with tempfile.TemporaryDirectory() as site:
            (Path(site) / "pack.py").write_text(package)
            code = "import preload; preload.load('full:pack'); print(preload.baseline[0] > 0, preload.baseline[1] > preload.baseline[0])"
            env = {"MCPBOX_SITE": site, "PYTHONPATH": str(runner), "PATH": os.environ["PATH"]}
            return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False)

    def test_a_package_is_loaded_and_what_it_takes_is_known(self):
        done = self.preload("x = bytearray(50 << 20)")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "True True"), done.stderr)

    def test_a_package_that_fails_is_left_to_the_tool(self):
        done = self.preload("raise ValueError('no')")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("pack cannot be loaded ahead: ValueError: no", done.stderr)

    def test_a_package_that_starts_threads_ends_the_zygote(self):
        done = self.preload("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not loaded ahead: pack starts threads when it is imported", done.stderr)


if __name__ == "__main__":
    unittest.main()
