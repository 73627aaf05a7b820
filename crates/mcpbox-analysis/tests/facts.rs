//! Imports, hosts, secrets, and what a reviewer would not see.

use mcpbox_analysis::{Analysis, ImportStatus, Severity, analyze};
use mcpbox_core::server::CodePolicy;

type Imports = &'static [(&'static str, u32, ImportStatus)];

fn strict(code: &str) -> Analysis {
    analyze(&format!("{code}\nasync def main(): ...\n"), CodePolicy::Strict)
}

fn has(analysis: &Analysis, severity: Severity, rule: &str) -> bool {
    analysis.findings.iter().any(|finding| finding.severity == severity && finding.rule == rule)
}

#[test]
fn imports_are_listed_once_with_what_they_need() {
    use ImportStatus::{Allowed, NeedsGrant, Never, Package};
    let cases: &[(&str, Imports)] = &[
        ("import json, math\nimport json", &[("json", 1, Allowed), ("math", 1, Allowed)]),
        ("import xml.etree.ElementTree as ET", &[("xml.etree.ElementTree", 1, Allowed)]),
        ("from xml.etree import ElementTree", &[("xml.etree.ElementTree", 1, Allowed)]),
        ("from urllib.parse import quote", &[("urllib.parse", 1, Allowed)]),
        ("from urllib import parse, request", &[("urllib.parse", 1, Allowed), ("urllib.request", 1, NeedsGrant)]),
        ("from collections import abc, deque", &[("collections.abc", 1, Allowed), ("collections", 1, Allowed)]),
        ("import logging", &[("logging", 1, NeedsGrant)]),
        ("from concurrent import futures", &[("concurrent.futures", 1, NeedsGrant)]),
        (
            "def f():\n    try:\n        import pandas as pd\n    except ImportError:\n        import sqlite3",
            &[("pandas", 3, Package), ("sqlite3", 5, NeedsGrant)],
        ),
        ("from bs4 import BeautifulSoup", &[("bs4", 1, Package)]),
        ("from os import path", &[("os.path", 1, Never)]),
        ("import importlib\nimportlib.import_module('yaml')", &[("importlib", 1, Never), ("yaml", 2, Package)]),
        ("from __future__ import annotations", &[("__future__", 1, Allowed)]),
        ("import httpx, regex", &[("httpx", 1, Allowed), ("regex", 1, Allowed)]),
    ];
    for (code, expected) in cases {
        let analysis = strict(code);
        let found: Vec<_> =
            analysis.imports.iter().map(|import| (import.module.as_str(), import.line, import.status)).collect();
        assert_eq!(found, *expected, "{code}");
    }
}

#[test]
fn capabilities_are_what_must_be_granted() {
    let analysis = strict(
        "import json, logging, os, yaml\nawait http.get('https://a.de:8443/x')\nsecrets['KEY'], secrets.get('bad key')",
    );
    let needs: Vec<_> = analysis.capabilities().iter().map(ToString::to_string).collect();
    assert_eq!(needs, ["module logging", "package pyyaml", "host a.de:8443", "secret KEY"]);
}

#[test]
fn hosts_come_from_literal_urls_in_many_forms() {
    let cases: &[(&str, &[&str])] = &[
        ("http.get('https://a.de/x')", &["a.de GET"]),
        ("http.post(url='https://a.de/x', json={})", &["a.de POST"]),
        ("http.request('put', 'https://a.de/x')", &["a.de PUT"]),
        ("http.stream('GET', 'https://a.de')", &["a.de GET"]),
        ("http.get(f'https://a.de/{x}')", &["a.de GET"]),
        ("http.get(f'https://a.de{path}')", &["a.de GET"]),
        ("http.get('https://a.de/' + x)", &["a.de GET"]),
        ("http.get('https://a.de/%s' % x)", &["a.de GET"]),
        ("http.get('https://a.de/{}'.format(x))", &["a.de GET"]),
        ("http.get(str('https://a.de'))", &["a.de GET"]),
        ("BASE = 'https://a.de'\nasync def f():\n    await http.get(f'{BASE}/x')", &["a.de GET"]),
        ("BASE = 'https://a.de/'\nURL = BASE + 'x'\nhttp.get(URL)", &["a.de GET"]),
        ("HOST = 'a.de'\nhttp.get(f'https://{HOST}:8443/x')", &["a.de:8443 GET"]),
        (
            "def f():\n    url = 'https://a.de'\n    if x:\n        url = 'https://b.de'\n    http.get(url)",
            &["a.de GET", "b.de GET"],
        ),
        ("http.get('https://a.de' if x else 'https://b.de')", &["a.de GET", "b.de GET"]),
        ("for u in ['https://a.de', 'https://b.de']:\n    http.get(u)", &["a.de GET", "b.de GET"]),
        ("[http.get(u) for u in ('https://a.de', 'https://b.de')]", &["a.de GET", "b.de GET"]),
        ("for r in ['eu', 'us']:\n    http.get(f'https://{r}.a.de/')", &["eu.a.de GET", "us.a.de GET"]),
        ("URLS = {'a': 'https://a.de', 'b': 'https://b.de'}\nhttp.get(URLS[k])", &["a.de GET", "b.de GET"]),
        ("http.get('/'.join(['https://a.de', x]))", &["a.de GET"]),
        ("from urllib.parse import urljoin\nhttp.get(urljoin('https://a.de', x))", &["a.de GET"]),
        ("import httpx\nhttpx.get('https://a.de')", &["a.de GET"]),
        ("import httpx\nasync with httpx.AsyncClient(base_url='https://a.de') as c:\n    await c.get('/x')", &["a.de"]),
        ("import httpx\nc = httpx.AsyncClient()\nc.get('https://a.de')", &["a.de GET"]),
        ("async with http as c:\n    await c.get('https://a.de')", &["a.de GET"]),
        ("def f(base='https://a.de'):\n    http.get(base + '/x')", &["a.de GET"]),
        (
            "class A:\n    def __init__(self):\n        self.base = 'https://a.de'\n    def f(self):\n        http.get(f'{self.base}/x')",
            &["a.de GET"],
        ),
        ("async def f(url):\n    return await http.get(url)\nf('https://a.de/x')", &["a.de GET"]),
        (
            "async def f(at, n):\n    return await http.post(at + '/x')\nasync def g(u):\n    await f(n=1, at=f'https://a.de/{u}')",
            &["a.de POST"],
        ),
        ("async def f(client):\n    return await client.get('https://a.de/x')\nf(http)", &["a.de"]),
        ("http.get('http://10.0.0.7:80/')", &["10.0.0.7 GET"]),
        ("http.get('https://a.de')\nx = 'https://not-called.de'", &["a.de GET"]),
        ("x = 'https://not-called.de'", &[]),
        ("'''See https://docs.de'''\nhttp.get(x)", &[]),
    ];
    for (code, expected) in cases {
        let analysis = strict(code);
        let found: Vec<_> = analysis
            .hosts
            .iter()
            .map(|host| format!("{} {}", host.rule, host.method.as_deref().unwrap_or_default()).trim().to_owned())
            .collect();
        assert_eq!(found, *expected, "{code}");
        assert!(!has(&analysis, Severity::Warning, "computed_host") || expected.is_empty(), "{code}");
    }
}

#[test]
fn requests_to_computed_hosts_warn() {
    for code in [
        "http.get(url)",
        "http.get(f'https://{region}.a.de/')",
        "http.get(f'https://a.{tld}/')",
        "http.get('https://' + host)",
        "def f(r='eu'):\n    http.get(f'https://{r}.a.de/')",
    ] {
        let analysis = strict(code);
        assert!(has(&analysis, Severity::Warning, "computed_host"), "{code}: {:?}", analysis.hosts);
        assert!(analysis.hosts.is_empty() && analysis.is_runnable(), "{code}");
    }
}

#[test]
fn use_of_http_is_noticed() {
    for (code, uses) in [
        ("http.get('https://a.de')", true),
        ("c = http", true),
        ("import httpx", true),
        ("from httpx import AsyncClient", true),
        ("import http", false),
        ("def f(http): return http", false),
        ("x = 'http'", false),
    ] {
        assert_eq!(strict(code).uses_http, uses, "{code}");
    }
}

#[test]
fn secrets_are_read_by_literal_keys() {
    let cases: &[(&str, &[&str])] = &[
        ("secrets['A']", &["A"]),
        ("secrets.get('A', '')", &["A"]),
        ("x = 'A' in secrets or 'B' not in secrets", &["A", "B"]),
        ("K = 'A'\nsecrets[K], secrets['A']", &["A"]),
        ("f'{secrets[\"A\"]}'", &["A"]),
        ("secrets['A' '_B' + '_C']", &["A_B_C"]),
        ("import secrets\nsecrets['A']", &[]),
        ("other['A']", &[]),
    ];
    for (code, expected) in cases {
        let found: Vec<_> = strict(code).secrets.into_iter().map(|secret| secret.key).collect();
        assert_eq!(found, *expected, "{code}");
    }
    assert!(has(&strict("secrets[key]"), Severity::Warning, "computed_secret"));
    assert!(has(&strict("secrets['api-key']"), Severity::Warning, "bad_secret_key"));
    assert!(has(&strict("import secrets"), Severity::Warning, "shadowed_global"));
    assert!(!has(&strict("import secrets as s"), Severity::Warning, "shadowed_global"));
}

/// Each level once doubled the time; sixty of them never ended.
#[test]
fn requests_within_requests_are_looked_at_once() {
    for nested in ["http.get(", "http.get('https://a.example/' + ", "http.get(f'{x}' + http.post(x, json="] {
        let code = format!("x = {}x{}", nested.repeat(60), ")".repeat(nested.matches('(').count() * 60));
        let analysis = strict(&format!("async def main(x: str):\n    {code}\n    return x\n"));
        assert!(has(&analysis, Severity::Warning, "long_line"), "{:?}", analysis.findings);
    }
}

#[test]
fn what_a_reviewer_would_not_see_is_found() {
    let cases = [
        ("x = 1 # \u{202e}", Severity::Error, "invisible_character"),
        ("x\u{200b} = 1", Severity::Error, "invisible_character"),
        ("x = 1 # harmless\rx = 2", Severity::Error, "invisible_character"),
        ("x = 'a\rb'", Severity::Error, "invisible_character"),
        ("x = 1 # a\u{e0041}", Severity::Error, "invisible_character"),
        ("x = 'a\u{202e}b'", Severity::Danger, "invisible_character"),
        ("x = f'a\u{200b}{y}'", Severity::Warning, "invisible_character"),
        ("рассword = 1", Severity::Warning, "lookalike_name"),
        ("ｘ = 1", Severity::Error, "disguised_name"),
        ("ﬁ = 1", Severity::Error, "disguised_name"),
        (&format!("x = 1;{}y = 2", " ".repeat(100)), Severity::Warning, "hidden_code"),
        (&format!("x = '{}'", "lorem ipsum ".repeat(60)), Severity::Warning, "long_line"),
        (&format!("x = '{}'", "aGVsbG8gd29ybGQ1".repeat(40)), Severity::Warning, "encoded_blob"),
        ("'{}'.join(x).format(y)", Severity::Error, "computed_template"),
    ];
    for (code, severity, rule) in cases {
        let analysis = strict(code);
        assert!(has(&analysis, severity, rule), "{code}: {:#?}", analysis.findings);
    }
    for fine in [
        "x = 'Grüße 你好 👩\u{200d}👧 ❤\u{fe0f}'",
        "größe = 1",
        "x = 1\r\ny = 2\r\n",
        "名前 = 1",
        "x = '\\u200b'",
        "\u{feff}x = 1",
        "x = '''\n\ta\n'''",
    ] {
        let analysis = analyze(&format!("{fine}\nasync def main(): ...\n"), CodePolicy::Strict);
        assert!(analysis.findings.is_empty(), "{fine}: {:#?}", analysis.findings);
    }
}
