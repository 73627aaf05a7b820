//! Ordinary calls: what a tool gets, returns, prints and says.

use std::sync::Arc;

use crate::support::{Heard, Run, sandbox, standard, strict};
use mcpbox_core::{
    execute::{HostOutcome, HttpMock, UnsealedSecret},
    failure::FailureKind,
    name::SecretKey,
    secret::SecretMode,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_adds_two_numbers_again_and_again() {
    let sandbox = sandbox().await;
    let run = || {
        strict("async def main(a: int, b: int) -> int:\n    print('adding')\n    return a + b\n")
            .arguments(json!({"a": 2, "b": 3}))
    };
    for _ in 0..8 {
        let outcome = run().outcome(&sandbox).await; // compiled in between
        assert_eq!(outcome.result.unwrap().value, json!(5));
        assert_eq!(outcome.stdout, "adding\n");
        assert!(outcome.observed.duration_us > 0 && outcome.observed.peak_memory_bytes > 1 << 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_works_in_every_way() {
    let sandbox = sandbox().await;
    let cases = [
        "def main():\n    return 'done'\n",
        "import asyncio\nasync def main():\n    await asyncio.sleep(0.05)\n    return 'done'\n",
        "async def main():\n    import asyncio\n    async with asyncio.timeout(5):\n        parts = await asyncio.gather(*(asyncio.sleep(0.02, c) for c in 'done'))\n    return ''.join(parts)\n",
        "import asyncio\nasync def main():\n    return await asyncio.to_thread(lambda: 'done')\n",
        // suspends in a way that has nothing to do with asyncio: taken over by a loop in mid-flight
        "class Once:\n    def __await__(self):\n        yield\n        return 'done'\nasync def main():\n    return await Once()\n",
    ];
    for source in cases {
        for run in [strict(source), standard(source)] {
            assert_eq!(run.value(&sandbox).await, json!("done"), "{source}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_every_kind_become_json() {
    let sandbox = sandbox().await;
    let head = "import dataclasses, datetime, decimal, enum, typing, collections\n\
        @dataclasses.dataclass\nclass Point:\n    x: int\n    tags: list[str]\n\
        class Colour(enum.Enum):\n    RED = 'red'\n\
        class Pair(typing.NamedTuple):\n    a: int\n    b: str\n\
        class Typed(typing.TypedDict):\n    n: int\n";
    let cases = [
        ("None", json!(null)),
        ("{'ü': [1, 2.5, True, None, '🙂']}", json!({"ü": [1, 2.5, true, null, "🙂"]})),
        ("Point(1, ['a'])", json!({"x": 1, "tags": ["a"]})),
        ("[Colour.RED, {Colour.RED: 1}]", json!(["red", {"red": 1}])),
        ("Pair(1, 'b')", json!({"a": 1, "b": "b"})),
        ("Typed(n=1)", json!({"n": 1})),
        ("datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)", json!("2026-01-02T03:04:00+00:00")),
        ("(datetime.date(2026, 1, 2), datetime.timedelta(seconds=90))", json!(["2026-01-02", 90.0])),
        ("{decimal.Decimal('1.10')}", json!(["1.10"])),
        ("{3, 1, 2}", json!([1, 2, 3])),
        ("{1: 'a', None: 'b'}", json!({"1": "a", "null": "b"})),
        ("collections.deque([1])", json!([1])),
        ("(n * n for n in range(3))", json!([0, 1, 4])),
        ("18446744073709551615", json!(u64::MAX)),
    ];
    for (expression, expected) in cases {
        let value = strict(&format!("{head}async def main():\n    return {expression}\n")).value(&sandbox).await;
        assert_eq!(value, expected, "{expression}");
    }
    for (expression, word) in [
        ("b'x'", "bytes"),
        ("float('nan')", "nan"),
        ("2 ** 70", "64 bits"),
        ("object()", "object"),
        ("{(1, 2): 3}", "tuple"),
    ] {
        let message = strict(&format!("async def main():\n    return {expression}\n"))
            .fails_as(&sandbox, FailureKind::Exception)
            .await;
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_become_what_the_annotations_say() {
    let sandbox = sandbox().await;
    let source = "from __future__ import annotations\nimport dataclasses, datetime, enum, typing\n\
        class Colour(enum.Enum):\n    RED = 'red'\n\
        @dataclasses.dataclass\nclass Point:\n    x: int\n    when: datetime.date | None = None\n\
        async def main(c: Colour, points: list[Point], day: typing.Annotated[datetime.datetime, 'when'], n: int | str = 1, f: float = 0.5):\n    \
            return [c is Colour.RED, points[0].when.year, points[1].when, day.month, n, f]\n";
    let arguments = json!({"c": "red", "points": [{"x": 1, "when": "2026-05-06"}, {"x": 2}], "day": "2026-07-08T09:10:11Z", "n": "7"});
    assert_eq!(strict(source).arguments(arguments).value(&sandbox).await, json!([true, 2026, null, 7, "7", 0.5]));
    let wrong = json!({"c": "blue", "points": [], "day": "2026-07-08"});
    let message = strict(source).arguments(wrong).fails_as(&sandbox, FailureKind::InvalidArguments).await;
    assert!(message.contains("'c'"), "{message}");
    let message = strict(source).arguments(json!({"c": "red"})).fails_as(&sandbox, FailureKind::InvalidArguments).await;
    assert!(message.contains("points"), "{message}");
    let big = "x".repeat(5 << 20);
    let run =
        strict("async def main(s: str):\n    return [len(s), arguments['s'] == s]\n").arguments(json!({"s": big}));
    assert_eq!(run.value(&sandbox).await, json!([5 << 20, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn content_progress_and_log_reach_the_caller() {
    let sandbox = sandbox().await;
    let heard = Arc::new(Heard::default());
    let mut run = strict(
        "async def main():\n    await ctx.progress(1, 2, 'half')\n    ctx.log('a', 1)\n    return [content.text('hi'), content.image(b'\\x00\\x01'), 'plain']\n",
    );
    run.observer = heard.clone();
    let output = run.outcome(&sandbox).await.result.unwrap();
    assert_eq!(output.value, Value::Null);
    let expected = [
        json!({"type": "text", "text": "hi"}),
        json!({"type": "image", "data": "AAE=", "mimeType": "image/png"}),
        json!({"type": "text", "text": "plain"}),
    ];
    assert_eq!(output.content, expected);
    assert_eq!(*heard.0.lock().unwrap(), ["1/Some(2.0) Some(\"half\")", "a 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_kept_up_to_its_budget() {
    let sandbox = sandbox().await;
    let outcome =
        strict("async def main():\n    for i in range(100000):\n        print('zeile', i, '🙂')\n    return 1\n")
            .limits(|limits| limits.stdout_bytes = 4096)
            .outcome(&sandbox)
            .await;
    assert!(outcome.result.is_ok());
    assert!(outcome.stdout.starts_with("zeile 0 🙂\n") && outcome.stdout.ends_with("[output cut at 4096 bytes]"));
    assert!(outcome.stdout.len() < 4200);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_tell_where_and_why() {
    let sandbox = sandbox().await;
    let cases = [
        ("async def main(:\n    pass\n", FailureKind::Syntax, 1),
        ("x = 1\nasync def main():\n    return 1 / 0\n", FailureKind::Exception, 3),
        ("import os\nasync def main():\n    return 1\n", FailureKind::ImportDenied, 1),
        ("async def main():\n    import urllib.request\n", FailureKind::ImportDenied, 2),
        ("async def main():\n    from random import _os\n    return _os.listdir('/')\n", FailureKind::ImportDenied, 2),
        ("async def main():\n    return secrets['TOKEN']\n", FailureKind::SecretMissing, 2),
        ("async def main():\n    raise SystemExit(3)\n", FailureKind::Exception, 2),
    ];
    for (source, kind, line) in cases {
        let failure = strict(source).failure(&sandbox).await;
        assert_eq!((failure.kind, failure.line), (kind, Some(line)), "{failure:?}");
        assert!(failure.snippet.is_some_and(|snippet| source.contains(&snippet)), "{source}");
    }
    let deep = strict("def b():\n    return {}['k']\ndef a():\n    return b()\nasync def main():\n    return a()\n")
        .failure(&sandbox)
        .await;
    let traceback = deep.traceback.unwrap();
    assert_eq!(traceback.matches("File \"tool.py\"").count(), 3, "{traceback}");
    assert!(!traceback.contains("/runner") && deep.message == "KeyError: 'k'", "{traceback}");
    let message = strict("x = 1\n").fails_as(&sandbox, FailureKind::Syntax).await;
    assert!(message.contains("main"));
    let outcome = strict("import os\n").outcome(&sandbox).await;
    assert!(outcome.observed.denied_modules.contains("os"));
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_takes_builtins_away_and_standard_does_not() {
    let sandbox = sandbox().await;
    for name in [
        "eval",
        "exec",
        "compile",
        "type",
        "getattr",
        "setattr",
        "delattr",
        "open",
        "vars",
        "dir",
        "globals",
        "locals",
        "input",
        "breakpoint",
        "help",
    ] {
        let source = format!("async def main():\n    return str({name})\n");
        let failure = strict(&source).failure(&sandbox).await;
        assert!(failure.message.contains("NameError") && failure.hint.unwrap().contains("strict"), "{name}");
        if name != "help" {
            assert!(standard(&source).value(&sandbox).await.is_string(), "{name}");
        }
    }
    strict("async def main():\n    return __import__('os')\n").fails_as(&sandbox, FailureKind::ImportDenied).await;
    let classes = "class A:\n    def __init__(self):\n        self.n = 1\nclass B(A):\n    @property\n    def twice(self):\n        return super().__init__() or self.n * 2\nasync def main():\n    return B().twice\n";
    assert_eq!(strict(classes).value(&sandbox).await, json!(2));
    assert_eq!(
        standard("import os, sys\nasync def main():\n    return os.getpid() > 1\n").value(&sandbox).await,
        json!(true)
    );
    let modules = strict(
        "import xml.etree.ElementTree as ET\nfrom urllib.parse import quote\nasync def main():\n    return ET.fromstring('<a b=\"1\"/>').get('b') + quote('ü')\n",
    );
    let outcome = modules.outcome(&sandbox).await;
    assert_eq!(outcome.result.unwrap().value, json!("1%C3%BC"));
    assert!(outcome.observed.modules.contains("urllib.parse"));
}

fn secret(mode: SecretMode) -> UnsealedSecret {
    UnsealedSecret {
        key: SecretKey::parse("TOKEN").unwrap(),
        value: "geheim-4711".to_owned().into(),
        mode,
        hosts: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_secrets_are_placeholders_and_no_value_leaves() {
    let sandbox = sandbox().await;
    let source = "async def main():\n    print(secrets['TOKEN'])\n    try:\n        secrets['TOKEN'] = 'x'\n    except TypeError:\n        pass\n    return [len(secrets['TOKEN']), 'geheim' in secrets['TOKEN'], secrets['TOKEN']]\n";
    let with = |mode| {
        let mut run: Run = strict(source);
        run.execution.secrets = vec![secret(mode)];
        run
    };
    let sealed = with(SecretMode::Sealed).outcome(&sandbox).await;
    assert_eq!(sealed.result.unwrap().value[1], json!(false));
    assert!(sealed.observed.secrets.contains(&SecretKey::parse("TOKEN").unwrap()));
    let revealed = with(SecretMode::Revealed).outcome(&sandbox).await;
    let value = revealed.result.unwrap().value;
    assert_eq!((&value[0], &value[1]), (&json!(11), &json!(true)));
    assert!(!value.to_string().contains("geheim-4711") && !revealed.stdout.contains("geheim-4711"));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_goes_through_the_broker_whatever_client_is_used() {
    let sandbox = sandbox().await;
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap(); // would answer if it were reached
    let url = format!("http://{}/", target.local_addr().unwrap());
    let clients = [
        "async def main(u):\n    return (await http.get(u)).status_code\n",
        "import httpx\nasync def main(u):\n    return httpx.get(u).status_code\n",
        "import httpx\nasync def main(u):\n    async with httpx.AsyncClient() as c:\n        return (await c.get(u)).status_code\n",
        "import asyncio\nasync def main(u):\n    return [r.status_code for r in await asyncio.gather(*(http.get(u) for _ in range(5)))][0]\n",
    ];
    for source in clients {
        let outcome = strict(source).arguments(json!({"u": url})).outcome(&sandbox).await;
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::HostDenied, "{source}");
        assert_eq!(outcome.observed.hosts.first().unwrap().outcome, HostOutcome::Denied);
        let mut mocked = strict(source).arguments(json!({"u": url}));
        mocked.execution.http_mocks = Some(vec![HttpMock {
            method: None,
            url: url.clone(),
            status: 203,
            headers: Default::default(),
            body: json!({"a": 1}),
        }]);
        assert_eq!(mocked.value(&sandbox).await, json!(203), "{source}");
    }
    let mut json_body = strict("async def main(u):\n    r = await http.post(u, json={'q': 'ü'}, headers={'X-A': 'b'})\n    r.raise_for_status()\n    return r.json()['a']\n").arguments(json!({"u": url}));
    json_body.execution.http_mocks = Some(vec![HttpMock {
        method: None,
        url: url.clone(),
        status: 200,
        headers: Default::default(),
        body: json!({"a": "ä"}),
    }]);
    assert_eq!(json_body.value(&sandbox).await, json!("ä"));
    let caught = strict("import httpx\nasync def main(u):\n    try:\n        await http.get(u)\n    except httpx.ConnectError as e:\n        return str(e)\n").arguments(json!({"u": url}));
    assert!(caught.value(&sandbox).await.as_str().unwrap().contains("127.0.0.1"));
}
