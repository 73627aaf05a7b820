//! The worker's door by hand, what a worker holds, and what it refuses to be given.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use crate::support::{KEY, Worker, command, directory};

const METRICS_TOKEN: &str = "99999999aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffff00000000";

#[test]
fn only_the_key_opens_it_and_every_refusal_says_what_to_do() {
    let worker = Worker::start("door");
    let good = format!("Bearer {KEY}");
    assert!(worker.get("/status", &good).starts_with("HTTP/1.1 200"));
    let wrong = ["", "Bearer", "Basic x", &format!("Bearer {KEY}0"), &format!("Bearer {}", &KEY[..63])];
    for path in ["/status", "/metrics", "/execute", "/nothing"] {
        for authorization in wrong {
            let answer = worker.get(path, authorization);
            assert!(answer.starts_with("HTTP/1.1 401"), "{path} {authorization}: {answer}");
            assert!(answer.contains("MCPBOX_SANDBOX_KEY") && !answer.contains("python"), "{answer}");
        }
    }
    assert!(worker.get("/nothing", &good).starts_with("HTTP/1.1 404"));
    let post = |protocol: &str, body: &str| {
        let head = format!("POST /execute HTTP/1.1\r\nHost: w\r\nAuthorization: {good}\r\n{protocol}");
        worker.send(&head, body)
    };
    for (protocol, body, status, words) in [
        ("", "{}", "409", "run the same version of MCPbox on both"),
        ("mcpbox-protocol: 1\r\n", "{}", "409", "speaks protocol 2"),
        ("mcpbox-protocol: 2\r\n", "{}", "400", "missing field"),
        ("mcpbox-protocol: 2\r\n", "{\"call_id\":\"topsecret\"}", "400", "cannot be read"),
    ] {
        let answer = post(protocol, body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words), "{answer}");
        assert!(!answer.contains("topsecret"), "{answer}");
    }
    let huge = post("mcpbox-protocol: 2\r\n", &" ".repeat((32 << 20) + 1));
    assert!(huge.starts_with("HTTP/1.1 413") && huge.contains("32 MiB"), "{huge}");
}

#[test]
fn a_worker_holds_neither_database_nor_keys() {
    let worker = Worker::start("holds");
    let environment = fs::read(format!("/proc/{}/environ", worker.pid())).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(!environment.contains(KEY) && !environment.contains("DATABASE_URL"), "{environment}");
    let files = fs::read_dir(format!("/proc/{}/fd", worker.pid())).unwrap();
    let files: Vec<String> =
        files.filter_map(|entry| Some(fs::read_link(entry.ok()?.path()).ok()?.display().to_string())).collect();
    assert!(files.iter().any(|file| file.ends_with("mcpbox.lock")), "the check sees files: {files:?}");
    let forbidden = [".db", "encryption", ".sock", "postgres"];
    assert!(!files.iter().any(|file| forbidden.iter().any(|word| file.contains(word))), "{files:?}");
    let kept: Vec<_> = fs::read_dir(directory("holds")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    for name in kept {
        let name = name.to_string_lossy();
        assert!(["mcpbox.lock", "runtime"].contains(&&*name), "{name} in the data directory of a worker");
    }
}

#[test]
fn a_worker_that_is_given_more_than_it_may_have_does_not_start() {
    let foreign = directory("foreign");
    drop(command("foreign"));
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);
    let cases: [Case<'_>; 8] = [
        (&[("DATABASE_URL", "postgres://u:topsecret@h/d")], &[], "unset database_url (environment DATABASE_URL)"),
        (&[("MCPBOX_ENCRYPTION_KEY", "aa")], &[], "unset encryption_key (environment MCPBOX_ENCRYPTION_KEY)"),
        (&[], &["--encryption-key-file", "/k"], "unset encryption_key_file (flag --encryption-key-file)"),
        (&[], &["--sandbox-url", "http://w:1"], "unset sandbox_url (flag --sandbox-url)"),
        (
            &[("MCPBOX_SANDBOX_KEY", "short")],
            &[],
            "sandbox_key (environment MCPBOX_SANDBOX_KEY) cannot be used: it must be 64",
        ),
        (&[("MCPBOX_SANDBOX_KEY", "")], &[], "needs a key: make one with `mcpbox key`"),
        (&[("MCPBOX_METRICS_TOKEN", "short")], &[], "metrics_token (environment MCPBOX_METRICS_TOKEN) cannot be used"),
        (&[("MCPBOX_SANDBOX_KEY_FILE", "/nowhere")], &[], "sandbox_key is set too; use one of them"),
    ];
    let refused = |variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = command("foreign");
        command.envs(variables.iter().copied()).args(flags).args(["--sandbox-addr", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while process.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(20) {
                process.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = process.wait_with_output().unwrap();
        assert!(output.status.code().is_some_and(|code| code != 0), "it started: {variables:?} {flags:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for (variables, flags, expected) in cases {
        let said = refused(variables, flags);
        assert!(said.contains(expected) && !said.contains("topsecret"), "{said}");
    }
    for name in ["mcpbox.db", "encryption.key"] {
        fs::write(foreign.join(name), "").unwrap();
        let said = refused(&[], &[]);
        assert!(said.contains(name) && said.contains("--data-dir"), "{said}");
        fs::remove_file(foreign.join(name)).unwrap();
    }
}

#[test]
fn the_metrics_token_reads_metrics_and_nothing_else() {
    let mut command = command("token");
    command.env("MCPBOX_METRICS_TOKEN", METRICS_TOKEN).args(["--sandbox-addr", "127.0.0.1:0"]);
    let worker = Worker::wait("token", command);
    let token = format!("Bearer {METRICS_TOKEN}");
    let metrics = worker.get("/metrics", &token);
    assert!(
        metrics.starts_with("HTTP/1.1 200") && metrics.contains("mcpbox_sandbox_parked{environment=\"lean\"}"),
        "{metrics}"
    );
    assert!(!metrics.contains(METRICS_TOKEN) && !metrics.contains(KEY));
    for path in ["/status", "/execute"] {
        assert!(worker.get(path, &token).starts_with("HTTP/1.1 401"), "{path}");
    }
}
