//! Sealed secrets of real calls: they arrive where they are bound, never in the jail, and no echo passes, however it comes.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    os::unix::fs::FileExt as _,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use mcpbox_core::{execute::HostOutcome, failure::FailureKind, secret::SecretMode};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    LAN, PUBLIC, in_namespace, install_base, sandbox_here,
    server::{body, parts, serve, whole},
};
use crate::support::{Heard, strict};

#[test]
fn a_sealed_value_goes_to_bound_hosts_only_and_comes_back_from_none() {
    install_base();
    in_namespace("network::secrets::a_sealed_value_goes_to_bound_hosts_only_and_comes_back_from_none", || async {
        let _api = serve(PUBLIC, 80, |request| async move {
            let given = request.headers().get("x-key").map(|value| value.to_str().unwrap().to_owned());
            let query = request.uri().query().unwrap_or_default().to_owned();
            let basic = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
            let body = body(request).await;
            let given = given.unwrap_or_default();
            let is_there = given == "s3cret/value+1";
            let mut answer = whole(format!(
                "{is_there}|{given}|{query}|{basic:?}|{}|{}|{}",
                String::from_utf8_lossy(&body),
                STANDARD.encode(&given),
                STANDARD.encode(format!("xy{given}")),
            ));
            answer.headers_mut().insert("x-echo", given.parse().unwrap());
            answer
        })
        .await;
        let sandbox = sandbox_here(|config| config).await;
        let source = "async def main(u):\n    key = secrets['KEY']\n    r = await http.post(u, params={'q': key}, headers={'X-Key': key}, auth=('user', key), json={'k': key})\n    return [r.text, dict(r.headers), str(r.url)]\n";
        let run = |host: &str| {
            strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&["api.test", "other.test"]).sealed(
                "KEY",
                "s3cret/value+1",
                &["api.test"],
            )
        };
        let outcome = run("api.test").outcome(&sandbox).await;
        let shown = outcome.result.unwrap().value.to_string();
        assert!(shown.contains("true|[secret KEY]|q=[secret KEY]|"), "{shown}");
        for trace in ["s3cret", "czNjcmV0", "s3cret%2Fvalue"] {
            assert!(!shown.contains(trace), "{trace} in {shown}");
        }
        assert!(shown.matches("[secret KEY]").count() >= 6, "{shown}");
        let outcome = run("other.test").outcome(&sandbox).await;
        let failure = outcome.result.unwrap_err();
        assert!(failure.kind == FailureKind::HostDenied && failure.message.contains("not bound"), "{failure:?}");
        let attempt = &outcome.observed.hosts[0];
        assert_eq!((attempt.host.as_str(), attempt.port, attempt.method.as_str()), ("other.test", 80, "POST"));
        assert_eq!((attempt.outcome, &attempt.needs), (HostOutcome::Denied, &None));
    });
}

#[test]
fn an_echo_that_comes_in_halves_is_taken_out_without_holding_up_the_rest() {
    install_base();
    in_namespace("network::secrets::an_echo_that_comes_in_halves_is_taken_out_without_holding_up_the_rest", || async {
        let go = Arc::new(Semaphore::new(0));
        let server = serve(LAN, 0, move |request| {
            let go = Arc::clone(&go);
            async move {
                if request.uri().path() == "/go" {
                    go.add_permits(1);
                    return whole("");
                }
                let value = request.headers().get("x-key").unwrap().to_str().unwrap().to_owned();
                let rest = Bytes::from(format!("{}>after", &value[5..]));
                let rest = stream::once(async move {
                    go.acquire().await.unwrap().forget();
                    rest
                });
                parts(stream::iter([Bytes::from(format!("before<{}", &value[..5]))]).chain(rest))
            }
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        let source = "async def main(u):\n    async with http.stream('GET', u, headers={'X-Key': secrets['KEY']}) as r:\n        parts = r.aiter_text()\n        first = await anext(parts)\n        await http.get(u + 'go')\n        return [first, ''.join([p async for p in parts])]\n";
        let run = strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&[&host]).sealed(
            "KEY",
            "halves-of-a-value",
            &[&host],
        );
        assert_eq!(run.value(&sandbox).await, json!(["before<", "[secret KEY]>after"]));
    });
}

#[test]
fn a_placeholder_that_is_cut_in_a_streamed_body_is_filled() {
    install_base();
    in_namespace("network::secrets::a_placeholder_that_is_cut_in_a_streamed_body_is_filled", || async {
        let server = serve(LAN, 0, |request| async move {
            let body = body(request).await;
            let at = body.windows(9).position(|window| window == b"the-value").unwrap_or_default();
            whole(format!("{} {at}", body.len()))
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        // The placeholder lies across the border of two parts, far inside.
        let source = "async def main(u, lead):\n    key = secrets['KEY'].encode()\n    async def body():\n        yield b'.' * lead + key[:20]\n        yield key[20:] + b'.' * 10\n    return (await http.post(u, content=body())).text\n";
        for lead in [10, (256 << 10) - 20, (2 << 20) - 20] {
            let run = strict(source)
                .arguments(json!({"u": format!("http://{host}/"), "lead": lead}))
                .hosts(&[&host])
                .sealed("KEY", "the-value", &[&host]);
            assert_eq!(run.value(&sandbox).await, json!(format!("{} {lead}", lead + 19)));
        }
    });
}

#[test]
fn no_way_of_saying_a_revealed_value_passes() {
    install_base();
    in_namespace("network::secrets::no_way_of_saying_a_revealed_value_passes", || async {
        let sandbox = sandbox_here(|config| config).await;
        let value = "geheim/4711+ä\"x";
        let forms = [
            "v",
            "base64.b64encode(v.encode()).decode()",
            "base64.b64encode(b'a' + v.encode() + b'zz').decode()",
            "base64.b64encode(b'ab' + v.encode() + b'z').decode()",
            "base64.urlsafe_b64encode(v.encode()).decode()",
            "urllib.parse.quote(v, safe='')",
            "urllib.parse.quote_plus(v)",
            "json.dumps(v)[1:-1]",
            "json.dumps(v, ensure_ascii=False)[1:-1]",
            "v.replace('geheim', 'GeHeim')",
            "html.escape(v)",
            "v.encode().hex()",
        ];
        for form in forms {
            let source = format!(
                "import base64, html, urllib.parse\nasync def main(fails: bool):\n    v = secrets['KEY']\n    said = {form}\n    print('<' + said + '>')\n    await ctx.progress(1, 2, said)\n    ctx.log('<', said, '>')\n    if fails:\n        raise ValueError('<' + said + '>')\n    return {{'value': [said], said: 1, 'content': 1}}\n"
            );
            for fails in [false, true] {
                let heard = Arc::new(Heard::default());
                let mut run = strict(&source).arguments(json!({"fails": fails})).sealed("KEY", value, &[]);
                run.execution.program = Arc::new({
                    let mut program = (*run.execution.program).clone();
                    program.modules.extend(["base64", "html"].map(str::to_owned));
                    program
                });
                run.execution.secrets[0].mode = SecretMode::Revealed;
                run.observer = heard.clone();
                let outcome = run.outcome(&sandbox).await;
                let heard = heard.0.lock().unwrap().join("\n");
                let result = format!("{:?}", outcome.result);
                for (place, said) in [("stdout", &outcome.stdout), ("observer", &heard), ("result", &result)] {
                    assert!(said.contains("[secret KEY]"), "{form} in {place}: {said}");
                    for trace in ["geheim", "4711", "GeHeim", "Z2VoZWlt", "dlaGVpb", "nZWhlaW", "67656865696d"] {
                        assert!(!said.contains(trace), "{form} in {place}: {said}");
                    }
                }
                assert_eq!(outcome.result.is_err(), fails, "{result}");
            }
        }
    });
}

#[test]
fn a_sealed_value_is_in_no_memory_of_the_jail() {
    install_base();
    in_namespace("network::secrets::a_sealed_value_is_in_no_memory_of_the_jail", || async {
        let (used, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (notice, gate) = (Arc::clone(&used), Arc::clone(&go));
        let server = serve(LAN, 0, move |request| {
            let (notice, gate) = (Arc::clone(&notice), Arc::clone(&gate));
            async move {
                if request.uri().path() == "/wait" {
                    notice.add_permits(1);
                    gate.acquire().await.unwrap().forget();
                    return whole("go on");
                }
                let echo = request.headers().get("x-key").unwrap().to_str().unwrap().to_owned();
                whole(format!("{echo} {}", STANDARD.encode(&echo)))
            }
        })
        .await;
        let (sandbox, host) = (sandbox_here(|config| config).await, format!("{LAN}:{}", server.port));
        let value = format!("sealed-{:017x}", u64::from(std::process::id()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let source = "async def main(u):\n    marker = '-'.join(['marker', 'of', 'this', 'test'])\n    r = await http.get(u, headers={'X-Key': secrets['KEY']})\n    print(r.text)\n    await http.get(u + 'wait')\n    return [marker, r.text]\n";
        let run = strict(source).arguments(json!({"u": format!("http://{host}/")})).hosts(&[&host]).sealed(
            "KEY",
            &value,
            &[&host],
        );
        let call = tokio::spawn(async move { run.value(&sandbox).await });
        used.acquire().await.unwrap().forget();

        // It has used the value, and waits.
        let jailed = descendants();
        assert!(jailed.len() >= 3, "a guard, a zygote and a child at least: {jailed:?}");
        let encoded = STANDARD.encode(&value);
        let needles = ["marker-of-this-test", "mcpbox-sealed-", &value, encoded.trim_end_matches('=')];
        let mut holders = [0; 4];
        for pid in &jailed {
            let found = search(*pid, &needles);
            for (count, is_there) in holders.iter_mut().zip(found) {
                *count += usize::from(is_there);
            }
        }
        assert!(holders[0] >= 1 && holders[1] >= 1, "the search finds nothing at all: {holders:?}");
        assert_eq!((holders[2], holders[3]), (0, 0), "the value is in the jail");
        let own = search(std::process::id(), &[&value]);
        assert_eq!(own, [true], "the search does not find what is there");

        go.add_permits(1);
        assert_eq!(call.await.unwrap(), json!(["marker-of-this-test", "[secret KEY] [secret KEY]"]));
    });
}

/// All processes below this one, as the system sees them.
fn descendants() -> HashSet<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let parent = after_name.split(' ').nth(1).unwrap().parse().unwrap();
        children.entry(parent).or_default().push(pid);
    }
    let (mut found, mut next) = (HashSet::new(), vec![std::process::id()]);
    while let Some(pid) = next.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            found.insert(*child);
            next.push(*child);
        }
    }
    found
}

/// Which of these stand in the memory of that process.
fn search(pid: u32, needles: &[&str]) -> Vec<bool> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap_or_else(|error| panic!("memory of {pid}: {error}"));
    let mut found = vec![false; needles.len()];
    let mut read = 0;
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with('r') || rest.contains("[vvar") || rest.contains("[vsyscall") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut bytes, start).is_err() {
            continue; // beyond the end of a mapped file
        }
        read += bytes.len();
        for (needle, is_found) in needles.iter().zip(&mut found) {
            *is_found |= memchr::memmem::find(&bytes, needle.as_bytes()).is_some();
        }
    }
    assert!(maps.is_empty() || read > 1 << 20, "only {read} bytes of {pid} could be read");
    found
}
