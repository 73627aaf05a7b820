//! Known ways out of Python sandboxes. Each must be an error under the strict policy, at its line.

use mcpbox_analysis::{Severity, analyze};
use mcpbox_core::server::CodePolicy;

/// Code and the line that must be an error.
const ESCAPES: &[(&str, u32)] = &[
    ("().__class__.__bases__[0].__subclasses__()", 1),
    ("x = ''\nx.__class__.__mro__[1]", 2),
    ("[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen']", 1),
    ("(lambda: 0).__globals__['__builtins__']", 1),
    ("print.__self__.eval('1')", 1),
    ("import json\njson.__builtins__", 2),
    ("__builtins__['eval']('1')", 1),
    ("__import__('os').system('id')", 1),
    ("eval('1+1')", 1),
    ("exec('import os')", 1),
    ("compile('1', '', 'eval')", 1),
    ("e = eval\ne('1')", 1),
    ("f = [exec][0]", 1),
    ("list(map(eval, ['1']))", 1),
    ("getattr(print, '__self__')", 1),
    ("setattr(x, 'y', 1)", 1),
    ("delattr(x, 'y')", 1),
    ("vars()['x']", 1),
    ("globals()['x']", 1),
    ("locals()", 1),
    ("dir(x)", 1),
    ("open('/etc/passwd')", 1),
    ("type('X', (), {})", 1),
    ("c = type(1)", 1),
    ("breakpoint()", 1),
    ("input()", 1),
    ("help()", 1),
    ("super(object, x).y", 1),
    ("match 1:\n    case object(__class__=c):\n        c", 2),
    ("match 1:\n    case int(real=object(__class__=object(__base__=b))):\n        b", 2),
    ("match f():\n    case object(gi_frame=object(f_back=b)):\n        b", 2),
    ("'{0.__class__.__init__}'.format(1)", 1),
    ("'{x.__globals__}'.format_map({'x': f})", 1),
    ("str.format('{0.__class__}', 1)", 1),
    ("T = '{0.__cl' + 'ass__}'\nT.format(1)", 2),
    ("'{:{0.__class__}}'.format(1)", 1),
    ("f'{().__class__}'", 1),
    ("f'{1:{().__class__}}'", 1),
    ("import operator\noperator.attrgetter('__class__')(1)", 2),
    ("import operator\noperator.attrgetter('a.__class__.__base__')(1)", 2),
    ("from operator import attrgetter\nattrgetter('__cl' 'ass__')(1)", 2),
    ("from operator import attrgetter as g\ng('x'[::-1])(1)", 2),
    ("from operator import methodcaller\nmethodcaller('__subclasses__')(object)", 2),
    ("import operator\nm = map(operator.attrgetter, ['x'])", 2),
    ("f = (x for x in [1])\nf.gi_frame.f_back.f_globals", 2),
    ("f = (x for x in [1])\nf.gi_code.co_consts", 2),
    ("async def a(): ...\na().cr_frame.f_builtins", 2),
    ("async def a(): yield\na().ag_frame", 2),
    ("try:\n    1/0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_globals", 4),
    ("try:\n    1/0\nexcept* ValueError as e:\n    e.__traceback__", 4),
    ("try:\n    1/0\nexcept Exception as e:\n    e.with_traceback(None)", 4),
    ("try:\n    T.format(1)\nexcept AttributeError as e:\n    e.obj", 4),
    ("f.func_globals", 1),
    ("int.mro()", 1),
    ("class M(type): pass", 1),
    ("class A(metaclass=M): pass", 1),
    ("class A(**{'metaclass': M}): pass", 1),
    ("class A:\n    def __getattribute__(self, n): ...", 2),
    ("class A:\n    def __class_getitem__(cls, k): ...", 2),
    ("class A:\n    def __init_subclass__(cls): ...", 2),
    ("class A:\n    def __del__(self): ...", 2),
    ("class A:\n    __getattr__ = f", 2),
    ("class A:\n    __eq__ = exec", 2),
    ("class A:\n    type = type", 2),
    ("@exec\n@input\nclass X: pass", 1),
    ("del __builtins__", 1),
    ("x = 1\ndel x.__class__", 2),
    ("def f():\n    global type\n    return type(1)", 3),
    ("def g(type):\n    def f():\n        global type\n        return type(1)", 4),
    ("type = type", 1),
    ("import os", 1),
    ("import os.path as p", 1),
    ("from os import path", 1),
    ("def f():\n    if 1:\n        import subprocess", 3),
    ("import sys as json", 1),
    ("from importlib import import_module", 1),
    ("import ctypes", 1),
    ("import _posixsubprocess", 1),
    ("import pickle", 1),
    ("import gc, inspect", 1),
    ("from json import *", 1),
    ("from . import x", 1),
    ("from json import __builtins__", 1),
    ("import asyncio\nasyncio.subprocess", 2),
    ("import asyncio\nasyncio.create_subprocess_shell('id')", 2),
    ("from asyncio import subprocess", 1),
    ("import asyncio\nasyncio.base_events.os", 2),
    ("import asyncio\nasyncio.sys.modules", 2),
    ("import random\nrandom._os.system('id')", 2),
    ("from random import _os", 1),
    ("import dataclasses\nd = dataclasses\nd.sys", 3),
    ("import collections\ncollections._sys", 2),
    ("import re\nre.enum.sys", 2),
    ("import typing\ntyping.get_type_hints(f)", 2),
    ("from typing import ForwardRef", 1),
    ("import string\nstring.Formatter().get_field('0.__class__', [1], {})", 2),
    ("from types import FunctionType", 1),
    ("import types\ntypes.CodeType", 2),
    ("from types import CodeType as SimpleNamespace", 1),
    ("x.__ｃlass__", 1),
    ("ｅval('1')", 1),
    ("x.\\\n__class__", 2),
    ("f(x, '__globals__')", 1),
    ("f(key='__sub' 'classes__')", 1),
    ("(e := eval)('1')", 1),
    ("[eval for eval in [1]] and eval", 1),
    ("def f(x=eval): ...", 1),
    ("def f(x: eval('1')): ...", 1),
    ("lambda: exec", 1),
    ("x: eval = 1", 1),
    ("raise SystemExit from eval", 1),
    ("with open('x') as f: pass", 1),
    ("a\u{202e} = 1", 1),
    ("def f():\n    from operator import attrgetter as g\n    g('x'[::-1])(1)", 3),
    ("def f():\n    import asyncio as a\n    a.base_events._os", 3),
    ("def f():\n    import string as s\n    s.Formatter", 3),
    ("list(map('{0.__class__}'.format, [1]))", 1),
];

#[test]
fn known_escapes_are_errors_at_their_line() {
    let mut missed = Vec::new();
    for (code, line) in ESCAPES {
        let analysis = analyze(code, CodePolicy::Strict);
        let at_line = analysis.findings.iter().any(|finding| {
            finding.severity == Severity::Error
                && finding.line == *line
                && !matches!(
                    finding.rule,
                    "missing_main" | "syntax" | "await_outside_async" | "return_outside_function"
                )
        });
        if !at_line {
            missed.push((code, analysis.findings));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_way_out_is_parsed_as_the_code_it_is() {
    for (code, _) in ESCAPES {
        let analysis = analyze(code, CodePolicy::Strict);
        let syntax = analysis.findings.iter().find(|finding| finding.rule == "syntax");
        assert!(syntax.is_none() || code.contains('\u{202e}'), "{code}: {syntax:?}");
    }
}

#[test]
fn the_standard_policy_forbids_none_of_the_language() {
    for (code, _) in ESCAPES {
        let is_refused_anyway = code.contains("from .") || code.contains(['ｃ', 'ｅ', '\u{202e}']);
        let analysis = analyze(&format!("{code}\nasync def main(): pass\n"), CodePolicy::Standard);
        assert!(analysis.is_runnable() || is_refused_anyway, "{code}: {:#?}", analysis.findings);
    }
}

#[test]
fn the_standard_policy_shows_reviewers_the_telling_ones_as_dangers() {
    for code in [
        "eval('1')",
        "().__class__.__subclasses__()",
        "f.gi_frame",
        "import asyncio\nasyncio.create_subprocess_exec('id')",
    ] {
        let analysis = analyze(code, CodePolicy::Standard);
        assert!(analysis.findings.iter().any(|finding| finding.severity == Severity::Danger), "{code}");
    }
}

/// Ordinary code that the rules must leave alone.
const ORDINARY: &[&str] = &[
    "def f(type: str, input: int, dir=1):\n    return type + dir, input",
    "def f():\n    type = 'a'\n    return type",
    "def f(rows):\n    return [type for type, _ in rows], {k: open for k, open in rows}",
    "def f(format):\n    g = lambda vars: vars\n    return g(format)",
    "import re\nP = re.compile('a')\ndef f(x): return P.match(x).groups()",
    "class A:\n    def __init__(self):\n        super().__init__()\n        self.__count = 0\n        self.obj = 1\n        self.os = 'linux'",
    "class A:\n    __slots__ = ('a',)\n    def __eq__(self, other): return isinstance(other, A)\n    __hash__ = None",
    "from abc import ABC, ABCMeta, abstractmethod\nclass A(metaclass=ABCMeta):\n    @abstractmethod\n    def f(self): ...",
    "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    x: int = 0\n    def __post_init__(self): self.y = 1",
    "from operator import attrgetter, itemgetter, methodcaller\nsorted([], key=attrgetter('a.b'))\nsorted([], key=methodcaller('lower'))",
    "'{0.name} {x[0]:>5}'.format(a, x=[1])",
    "from datetime import datetime, timezone\nimport datetime as dt\ndt.datetime.now(dt.timezone.utc)",
    "import asyncio\nasync def f(): await asyncio.gather(asyncio.sleep(0))",
    "import xml.etree.ElementTree as ET\nET.fromstring('<a/>')",
    "import random, time, calendar, copy, secrets as s\nrandom.random(), time.time(), calendar.monthrange(1, 1), copy.copy(1), s.token_hex()",
    "from types import SimpleNamespace\nfrom typing import TYPE_CHECKING, Any",
    "from collections.abc import Iterable\nfrom urllib.parse import quote, urljoin\nfrom collections import abc",
    "if __name__ == '__main__':\n    print(__name__)",
    "try:\n    pass\nexcept (ValueError, KeyError) as error:\n    raise RuntimeError(str(error)) from error",
    "match x:\n    case {'a': 1, **rest}: pass\n    case Point(x=0, y=y): pass\n    case [a, *b]: pass",
    "__all__ = ['main']\n__version__ = '1'",
    "x = {'__typename': 1}\nx.get('__typename')\nprint('__main__')",
    "name = 'x'\nf'{name!r:>{10}}'",
    "from __future__ import annotations",
    "import hashlib, hmac\nhmac.new(b'', b'', hashlib.sha256).hexdigest()",
    "import functools\n@functools.cache\ndef f(): return 1",
    "def f(e):\n    return e.args, e.errno, e.code, e.token",
    "class A:\n    type: str\n    id: int",
];

#[test]
fn ordinary_code_has_no_errors() {
    for code in ORDINARY {
        let analysis = analyze(&format!("{code}\nasync def main(): pass\n"), CodePolicy::Strict);
        assert!(analysis.is_runnable(), "{code}: {:#?}", analysis.findings);
    }
}

/// Bounds on the analysis must not become ways around it.
#[test]
fn a_flood_of_harmless_code_hides_nothing() {
    let uses = format!("def f(type):\n    return [{}]\neval('1')\n", "type, ".repeat(10_000));
    let names: String = (0..30).map(|n| format!("A{n} = A{} + A{}\n", n + 1, n + 1)).collect();
    let spent = format!("{names}{}T = '{{0.__class__}}'\nT.format(1)\n", "secrets[A0]\n".repeat(1_000));
    let warnings = format!("{}eval('1')\n", "http.get(x); secrets[x]\n".repeat(3_500));
    for code in [uses, spent, warnings] {
        let analysis = analyze(&code, CodePolicy::Strict);
        let rules: Vec<_> = analysis
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.rule)
            .collect();
        assert!(
            rules.iter().any(|rule| matches!(*rule, "forbidden_builtin" | "too_complex" | "dunder_attribute")),
            "{rules:?}"
        );
    }
}
