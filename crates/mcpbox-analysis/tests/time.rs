//! No input takes long. One test in a binary of its own, because it measures the CPU time of the whole process.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may panic")]

mod pieces;

use std::time::Duration;

use mcpbox_analysis::{MAX_SOURCE_BYTES, analyze};
use mcpbox_core::server::CodePolicy;
use pieces::PIECES;
use rustix::time::{ClockId, clock_gettime};

/// Random sources.
const MIXES: usize = 60;
/// How much longer than for an ordinary source of the same size it may take. A ratio, because machines differ and are busy with
/// other things; whatever grows faster than its input takes hundreds of times as long.
const TIMES_ORDINARY: f64 = 4.0;
/// How often a source that seems slow is measured again, each time beside the ordinary one.
const TRIES: usize = 3;

/// The best of three runs: noise only ever adds.
fn cpu_time(source: &str) -> Duration {
    let once = || {
        let before = clock_gettime(ClockId::ProcessCPUTime);
        let analysis = analyze(source, CodePolicy::Strict);
        let after = clock_gettime(ClockId::ProcessCPUTime);
        assert!(analysis.findings.iter().all(|finding| finding.rule != "internal"), "the analysis broke down");
        let nanos = (after.tv_sec - before.tv_sec) * 1_000_000_000 + (after.tv_nsec - before.tv_nsec);
        Duration::from_nanos(u64::try_from(nanos).unwrap())
    };
    (0..3).map(|_| once()).min().unwrap()
}

fn fill(unit: &str) -> String {
    unit.repeat(MAX_SOURCE_BYTES / unit.len())
}

fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    let mut text: String = (0..count).map(line).collect();
    let mut end = text.len().min(MAX_SOURCE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Units that are repeated to the largest source.
const UNITS: &[&str] = &[
    "-",
    "not ",
    "(",
    "[",
    "{",
    "a.",
    "1+",
    "1**",
    "lambda:",
    "lambda a,b:",
    "1 if 1 else ",
    "()",
    "f()",
    "f'{",
    "f\"{f'{",
    "f'''{\n",
    "f'{x:{",
    "f'{x!r:{f'{",
    "t'{",
    "with (",
    "match (",
    "match ",
    "async ",
    "await ",
    "a|",
    "{1:",
    "elif x:\n a\n",
    "a,",
    "a=",
    "a<",
    "*",
    "(a:=",
    "a:",
    "type x=",
    "@a\n",
    ")\n",
    "$ ",
    "'",
    "'''a",
    "\\\n",
    "x;",
    "with (a as b,",
    "yield ",
    "(\nif x:\n",
    "[x for x in ",
    "lambda x=",
    "{**",
    "from . import (",
    "class A(",
    "def f(a=",
    "if x: ",
    "\u{c}",
    "for x in y: ",
    "try:\n",
    "\\N{",
    "'\\N{",
    "def f[T:",
    "f(x for x in f(",
    "not a in ",
    "print ",
    "except* ",
    "\u{200b}",
    "\u{202e}'",
    "а=1\n",
    "ｅ=1\n",
    "import a\n",
    "from a import b\n",
    "import os,",
    "secrets['A'];",
    "http.get(x);",
    "http.get(f'https://{a}');",
    "'{0.__class__}'.format(x);",
    "x.__class__.",
    "x.__class__\n",
    "eval;",
    "eval(eval)\n",
    "'a' ",
    "'.{'.format();",
    "'{.' '{.'.format()+",
    "\r",
    "\t",
    " ",
    "\n",
    "\0",
    "é",
    "🎉",
    "'é\u{200d}'\n",
    "(\n",
    "if 1:\n\t",
    "\"\"\"",
    "#",
    "#\u{202e}\n",
];

/// Two or three pieces, repeated; always the same ones.
fn mixes() -> impl Iterator<Item = String> {
    let mut state = 1_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    (0..MIXES).map(move |_| {
        let start = if next(2) == 0 { "" } else { PIECES[next(PIECES.len())] };
        let unit: String = (0..2 + next(2)).map(|_| PIECES[next(PIECES.len())]).collect();
        format!("{start}{}", unit.repeat((MAX_SOURCE_BYTES - start.len()) / unit.len()))
    })
}

fn programs() -> Vec<String> {
    let double = |kind: &str| numbered(2_000, |n| format!("A{n} = {kind}[A{}, A{}]\n", n + 1, n + 1));
    vec![
        format!("{}def main(a: A0): pass\n", &double("tuple")[..90_000.min(double("tuple").len())]),
        format!("{}def main(a: A0 = A0): pass\n", numbered(2_000, |n| format!("A{n} = [A{}, A{}]\n", n + 1, n + 1))),
        format!("{}http.get(A0)\n", numbered(2_000, |n| format!("A{n} = A{} + A{}\n", n + 1, n + 1))),
        numbered(1_000, |n| format!("A{n} = A{} + A{}\nhttp.get(A{n})\n", n + 1, n + 1)),
        numbered(1_000, |n| format!("A{n} = A{} + A{}\nsecrets[A{n}]\n", n + 1, n + 1)),
        format!(
            "{}def main(a: C0): pass\n",
            numbered(1_500, |n| format!("@dataclass\nclass C{n}:\n a: C{}\n b: C{}\n", n + 1, n + 1))
        ),
        format!(
            "{}def main(a: C0): pass\n",
            numbered(1_500, |n| format!("class C{n}(C{}, C{}):\n a: int\n", n + 1, n + 2))
        ),
        format!(
            "from enum import Enum\nclass E(Enum):\n{}def main({}): pass\n",
            numbered(2_500, |n| format!(" A{n} = {n}\n")),
            numbered(2_500, |n| format!("a{n}: E = E.A{n}, "))
        ),
        format!("def main({}): pass\n", numbered(8_000, |n| format!("a{n}: int, "))),
        format!("def main(a: {}): pass\n", numbered(600, |n| format!("list[int] | dict[str, T{n}] | "))),
        format!("def main(a: Literal[{}]): pass\n", numbered(20_000, |n| format!("{n}, "))),
        format!("def main(a: int):\n \"\"\"x\n\n Args:\n{}\"\"\"\n", numbered(6_000, |n| format!("  a{n}: text\n"))),
        format!("def main(a: int):\n \"\"\"x\n{}\"\"\"\n", numbered(12_000, |_| " Args:\n".to_owned())),
        format!("def main(a: int):\n \"\"\"x\n{}\"\"\"\n", numbered(12_000, |_| ":param\n".to_owned())),
        format!("def f({}):\n{}", numbered(1_000, |n| format!("a{n}, ")), numbered(9_000, |_| " type\n".to_owned())),
        numbered(3_000, |n| format!("def f{n}(x: 'list[int]') -> 'dict[str, X{n}]':\n return x.y + {n}\n")),
        numbered(100, |n| {
            format!("{}def f(type):\n{}", " ".repeat(n), format!("{}type\n", " ".repeat(n + 1)).repeat(5))
        }),
        numbered(4_000, |n| format!("    x{n} = {{'a': [1, 2, {n}]}}\n")).replace("    ", ""),
        numbered(3_000, |n| format!("url{n} = base + '/x'\nbase = url{n}\nhttp.get(url{n})\n")),
        format!("{}f({})\n", "lambda eval, b: ".repeat(900), "lambda: eval, ".repeat(6_000)),
        format!("x = 'https://{}'\nhttp.get(x)\n", "a".repeat(100_000)),
        format!("x = '{}'.format(1)\n", "{.".repeat(50_000)),
        format!("x = '{}'.format(1)\n", "{0.a.b.c.__class__}".repeat(5_000)),
        format!("{}\n", "x.a(b)[0].c, ".repeat(7_000)),
    ]
}

/// Programs for the rules of the review: data that is followed forwards, backwards, into many hosts and through functions
/// of many parameters, loops, orders and patterns.
fn suspects() -> Vec<String> {
    vec![
        format!(
            "async def main(q: str):\n{} await http.get(x4999)\n",
            numbered(5_000, |n| format!(" x{n} = q + 'a'\n"))
        ),
        format!(
            "async def main(q: str):\n await http.get(x0)\n{}",
            numbered(5_000, |n| format!(" x{n} = x{}\n", n + 1))
        ),
        format!(
            "async def main(q: str):\n{}",
            numbered(1_200, |n| format!(
                " y{n} = await http.post('http://a{n}.de/', json=[y{}, q, secrets['K{n}']])\n",
                n + 1
            ))
        ),
        format!(
            "def f({}):\n http.get(secrets['A'])\n{}",
            numbered(1_000, |n| format!("a{n}, ")),
            "f(*secrets['A']);".repeat(4_000)
        ),
        numbered(3_000, |n| format!("def f{n}(x):\n return f{}(x + secrets['A'])\n", n + 1)),
        format!("x = '{}'\n", "ignore all your do not tell ".repeat(3_500)),
        numbered(3_000, |n| format!("while True:\n x{n} = 'mcpbox ' * 2 ** {n}\n")),
        format!("re.compile('{}')\n", "(a+".repeat(30_000)),
        numbered(2_500, |n| format!("open(a{n} + '/tmp/' + b).write(x)\na{n} = a{}\n", n + 1)),
    ]
}

/// As long as the others, and nothing about it is odd.
fn ordinary() -> String {
    format!("async def main(q: str):\n{}", numbered(5_999, |n| format!(" x{n} = q + 'a'\n")))
}

/// The least of a few measurements of how many times as long as `ordinary` it takes, one after the other.
fn times_ordinary(source: &str, ordinary: &str) -> f64 {
    let once = |_| cpu_time(source).as_secs_f64() / cpu_time(ordinary).as_secs_f64();
    (0..TRIES).map(once).fold(f64::INFINITY, f64::min)
}

#[test]
fn no_source_takes_much_longer_than_an_ordinary_one_of_the_same_size() {
    let ordinary = ordinary();
    let usual = cpu_time(&ordinary).as_secs_f64();
    let mut slow = Vec::new();
    let mut slowest = (0.0, String::new());
    for source in UNITS.iter().map(|unit| fill(unit)).chain(programs()).chain(suspects()).chain(mixes()) {
        let mut times = cpu_time(&source).as_secs_f64() / usual;
        if times > TIMES_ORDINARY {
            times = times_ordinary(&source, &ordinary);
        }
        let start: String = source.chars().take(24).collect();
        if times > TIMES_ORDINARY {
            slow.push((times, start.clone()));
        }
        if times > slowest.0 {
            slowest = (times, start);
        }
    }
    println!("ordinary, {} bytes: {:?}; slowest: {slowest:?} times as long", ordinary.len(), cpu_time(&ordinary));
    assert!(slow.is_empty(), "more than {TIMES_ORDINARY} times as long as an ordinary source: {slow:#?}");
}
