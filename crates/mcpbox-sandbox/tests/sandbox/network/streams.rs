//! Bodies in parts, both ways: first bytes before the last, more than fits anywhere, caps, and connections kept between calls.

use std::{fs, io::Write as _, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use hyper::Response;
use mcpbox_core::{execute::HostOutcome, failure::FailureKind};
use mcpbox_egress::BrokerConfig;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    LAN, in_namespace, install_base, sandbox_here,
    server::{Count, body, parts, serve, whole},
};
use crate::support::{standard, strict};

const MIB: usize = 1 << 20;

#[test]
fn two_calls_share_one_connection() {
    install_base();
    in_namespace("network::streams::two_calls_share_one_connection", || async {
        let server = serve(LAN, 0, |_| async { whole("hello") }).await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        for _ in 0..2 {
            let run = strict("async def main(u):\n    return (await http.get(u)).text\n")
                .arguments(json!({"u": format!("http://{host}/")}))
                .hosts(&[&host]);
            assert_eq!(run.value(&sandbox).await, json!("hello"));
        }
        assert_eq!(server.connections.get(), 1);
    });
}

#[test]
fn the_first_bytes_of_a_slow_answer_come_before_its_end() {
    install_base();
    in_namespace("network::streams::the_first_bytes_of_a_slow_answer_come_before_its_end", || async {
        let go = Arc::new(Semaphore::new(0));
        let server = serve(LAN, 0, move |request| {
            let go = Arc::clone(&go);
            async move {
                if request.uri().path() == "/go" {
                    go.add_permits(1);
                    return whole("gone");
                }
                // Its second part is sent only when the tool, having read the first, says so.
                let rest = stream::once(async move {
                    go.acquire().await.unwrap().forget();
                    Bytes::from("second")
                });
                parts(stream::iter([Bytes::from("first")]).chain(rest))
            }
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        let sources = [
            "async def main(u):\n    async with http.stream('GET', u) as r:\n        parts = r.aiter_bytes()\n        first = await anext(parts)\n        await http.get(u + 'go')\n        return [first.decode(), b''.join([p async for p in parts]).decode()]\n",
            "import asyncio\nasync def main(u):\n    async with http.stream('GET', u) as r:\n        parts = r.aiter_bytes()\n        first = await anext(parts)\n        await asyncio.sleep(0)\n        await http.get(u + 'go')\n        return [first.decode(), b''.join([p async for p in parts]).decode()]\n",
            "import httpx\ndef main(u):\n    with httpx.stream('GET', u) as r:\n        parts = r.iter_bytes()\n        first = next(parts)\n        httpx.get(u + 'go')\n        return [first.decode(), b''.join(parts).decode()]\n",
        ];
        for source in sources {
            let run = strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&[&host]);
            assert_eq!(run.value(&sandbox).await, json!(["first", "second"]), "{source}");
        }
    });
}

/// The most memory this process had since the last call, and what it has now, in bytes.
fn memory_peak() -> (usize, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    };
    let now = (field("VmHWM"), field("VmRSS"));
    fs::write("/proc/self/clear_refs", "5").unwrap();
    now
}

#[test]
fn more_than_fits_in_memory_goes_up_and_down_in_parts() {
    install_base();
    in_namespace("network::streams::more_than_fits_in_memory_goes_up_and_down_in_parts", || async {
        let received = Count::default();
        let count = received.clone();
        let server = serve(LAN, 0, move |request| {
            let count = count.clone();
            async move {
                if request.method() == "GET" {
                    return parts(stream::iter((0..64).map(|_| Bytes::from(vec![b'x'; MIB]))));
                }
                let length = format!("{:?}", request.headers().get("content-length"));
                let mut body = request.into_body();
                while let Some(Ok(frame)) = body.frame().await {
                    count.add(frame.into_data().unwrap_or_default().len());
                }
                whole(length)
            }
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        let run = |source: &str| strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&[&host]);
        let (_, before) = memory_peak();

        let download = "async def main(u):\n    total = 0\n    async with http.stream('GET', u) as r:\n        async for part in r.aiter_bytes():\n            total += len(part)\n    return total\n";
        assert_eq!(run(download).value(&sandbox).await, json!(64 * MIB));

        let upload = "async def main(u):\n    async def body():\n        for _ in range(64):\n            yield b'y' * (1 << 20)\n    r = await http.post(u, content=body())\n    return r.text\n";
        for (secret, announced) in [(false, "None"), (true, "None")] {
            let run = if secret { run(upload).sealed("KEY", "not-in-the-body", &[&host]) } else { run(upload) };
            assert_eq!(run.value(&sandbox).await, json!(announced));
        }
        assert_eq!(received.get(), 128 * MIB);

        let declared = upload.replace("content=body()", "content=body(), headers={'Content-Length': str(64 << 20)}");
        for secret in [false, true] {
            let run = if secret { run(&declared).sealed("KEY", "not-in-the-body", &[&host]) } else { run(&declared) };
            assert_eq!(run.value(&sandbox).await, json!(format!("Some(\"{}\")", 64 * MIB)));
        }
        let (peak, _) = memory_peak();
        assert!(peak < before + 24 * MIB, "{} MiB more than before", (peak - before) / MIB);
    });
}

#[test]
fn bodies_over_the_caps_are_refused_with_the_reason() {
    install_base();
    in_namespace("network::streams::bodies_over_the_caps_are_refused_with_the_reason", || async {
        let server = serve(LAN, 0, |request| async move {
            if request.method() == "POST" {
                return whole(body(request).await.len().to_string());
            }
            parts(stream::iter((0..8).map(|_| Bytes::from(vec![b'x'; MIB]))))
        })
        .await;
        let caps = |config| BrokerConfig { max_response_bytes: 4 * MIB, max_request_bytes: 2 * MIB, ..config };
        let (sandbox, host) = (sandbox_here(caps).await, format!("{LAN}:{}", server.port));
        let run = |source: &str| strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&[&host]);
        let outcome = run("async def main(u):\n    return len((await http.get(u)).content)\n").outcome(&sandbox).await;
        let failure = outcome.result.unwrap_err();
        assert!(failure.message.contains("larger than 4096 KiB"), "{failure:?}");
        let attempt = &outcome.observed.hosts[0];
        assert!(
            attempt.outcome == HostOutcome::Failed && attempt.detail.contains("larger than 4096 KiB"),
            "{attempt:?}"
        );
        for body in ["b'y' * (3 << 20)", "(b'y' * 10 for _ in range(3 << 17))"] {
            let source = format!("import httpx\ndef main(u):\n    return httpx.post(u, content={body}).text\n");
            let failure = run(&source).limits(|limits| limits.cpu_ms = 60_000).failure(&sandbox).await;
            assert!(failure.message.contains("larger than 2048 KiB"), "{body}: {failure:?}");
        }
        let fits = "async def main(u):\n    return (await http.post(u, content=b'y' * (2 << 20))).text\n";
        assert_eq!(run(fits).value(&sandbox).await, json!((2 * MIB).to_string()));
        let lies = "async def main(u):\n    async def body():\n        yield b'12345' * 100_000\n    return (await http.post(u, content=body(), headers={'Content-Length': '3'})).text\n";
        let failure = run(lies).failure(&sandbox).await;
        assert!(failure.message.contains("Content-Length"), "{failure:?}");
    });
}

#[test]
fn an_answer_that_is_closed_or_given_up_ends_its_connection() {
    install_base();
    in_namespace("network::streams::an_answer_that_is_closed_or_given_up_ends_its_connection", || async {
        let (begun, ended) = (Count::default(), Arc::new(Semaphore::new(0)));
        let (count, notice) = (begun.clone(), Arc::clone(&ended));
        let server = serve(LAN, 0, move |_| {
            let (count, notice) = (count.clone(), Arc::clone(&notice));
            async move {
                count.add(1);
                let guard = Ended(notice);
                parts(stream::repeat_with(move || {
                    let _lives_as_long_as_the_body = &guard;
                    Bytes::from(vec![b'x'; 65536])
                }))
            }
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        let sources = [
            "async def main(u):\n    async with http.stream('GET', u) as r:\n        await anext(r.aiter_raw())\n    return 'closed'\n",
            "import asyncio\nasync def main(u):\n    async def endless():\n        async with http.stream('GET', u) as r:\n            async for _ in r.aiter_raw():\n                await asyncio.sleep(0.01)\n    try:\n        await asyncio.wait_for(endless(), 0.2)\n    except TimeoutError:\n        return 'closed'\n",
            "async def main(u):\n    r = await http.send(http.build_request('GET', u), stream=True)\n    await anext(r.aiter_raw())\n    return 'closed'\n",
            "import httpx\ndef main(u):\n    open_ones = []\n    for _ in range(16):\n        r = httpx.Client().send(httpx.Request('GET', u), stream=True)\n        open_ones.append(r)\n        next(r.iter_raw())\n    for r in open_ones:\n        r.close()\n    return 'closed'\n",
        ];
        for (source, many) in sources.into_iter().zip([1, 1, 1, 16]) {
            let run = strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&[&host]);
            assert_eq!(run.value(&sandbox).await, json!("closed"), "{source}");
            ended.acquire_many(many).await.unwrap().forget();
        }
        assert_eq!(begun.get(), 19);
    });
}

/// Tells when it is dropped.
struct Ended(Arc<Semaphore>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// A gzip stream of so many MiB of zeros, about a thousandth in size: blocks that all say the same.
fn bomb(mebibytes: usize) -> Bytes {
    let zeros = vec![0; MIB];
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut block = Vec::new();
    for _ in 0..3 {
        let before = packer.get_ref().len();
        packer.write_all(&zeros).unwrap();
        packer.flush().unwrap();
        block = packer.get_ref()[before..].to_vec();
    }
    let mut bytes = packer.get_ref().clone();
    for _ in 3..mebibytes {
        bytes.extend_from_slice(&block);
    }
    bytes.into()
}

#[test]
fn a_zip_bomb_ends_at_the_tool_s_memory_or_at_the_broker_s_cap() {
    install_base();
    in_namespace("network::streams::a_zip_bomb_ends_at_the_tool_s_memory_or_at_the_broker_s_cap", || async {
        let packed = bomb(2048);
        assert!(packed.len() < 8 * MIB, "{}", packed.len());
        let server = serve(LAN, 0, move |_| {
            let packed = packed.clone();
            async move {
                let answer: Response<_> = whole(packed);
                let (mut head, body) = answer.into_parts();
                head.headers.insert("content-encoding", "gzip".parse().unwrap());
                Response::from_parts(head, body)
            }
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        let run = || {
            standard("async def main(u):\n    return len((await http.get(u)).content)\n")
                .arguments(json!({"u": format!("http://{host}/")}))
                .hosts(&[&host])
        };
        let (_, before) = memory_peak();
        // Nothing to scrub: the tool's own process unpacks.
        let failure = run().failure(&sandbox).await;
        assert_eq!(failure.kind, FailureKind::Memory, "{failure:?}");
        // With a sealed secret the broker must look inside, as far as its cap.
        let failure = run().sealed("KEY", "some-sealed-value", &[&host]).failure(&sandbox).await;
        assert!(matches!(failure.kind, FailureKind::Memory) || failure.message.contains("larger than"), "{failure:?}");
        // As parts it never fills the tool's memory, so the cap must end it.
        let drain = standard("async def main(u):\n    total = 0\n    async with http.stream('GET', u) as r:\n        async for part in r.aiter_bytes():\n            total += len(part)\n    return total\n")
            .arguments(json!({"u": format!("http://{host}/")}))
            .hosts(&[&host])
            .sealed("KEY", "some-sealed-value", &[&host]);
        let failure = drain.failure(&sandbox).await;
        assert!(failure.message.contains("larger than 102400 KiB"), "{failure:?}");
        let (peak, _) = memory_peak();
        assert!(peak < before + 32 * MIB, "{} MiB more than before", (peak - before) / MIB);
    });
}
