//! Hostile programs in `standard` policy, where only the jail stands: each ends in a typed failure or a refusal, and nobody else notices.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::support::{sandbox, standard, strict};
use mcpbox_core::failure::FailureKind;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_does_not_disturb_twenty_other_calls() {
    let sandbox = sandbox().await;
    let looping = standard("def main():\n    while True: pass\n").limits(|limits| limits.timeout_ms = 4000);
    let looping = tokio::spawn({
        let sandbox = Arc::clone(&sandbox);
        async move { looping.failure(&sandbox).await }
    });
    let others: Vec<_> = (0..20)
        .map(|number| {
            let sandbox = Arc::clone(&sandbox);
            tokio::spawn(async move {
                strict("async def main(n: int):\n    return n\n").arguments(json!({"n": number})).value(&sandbox).await
            })
        })
        .collect();
    for (number, other) in others.into_iter().enumerate() {
        assert_eq!(other.await.unwrap(), json!(number));
    }
    assert!(!looping.is_finished());
    assert_eq!(looping.await.unwrap().kind, FailureKind::Timeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_end_badly_are_typed_failures() {
    let sandbox = sandbox().await;
    let cases = [
        ("import time\ndef main():\n    time.sleep(3600)\n", FailureKind::Timeout, "did not finish"),
        ("import sys\ndef main():\n    sys.exit(7)\n", FailureKind::Exception, "exit code 7"),
        ("import os\ndef main():\n    os._exit(9)\n", FailureKind::Exception, "exited with code 9"),
        ("import ctypes\ndef main():\n    ctypes.string_at(0)\n", FailureKind::Exception, "crashed"),
        ("import os\ndef main():\n    os.abort()\n", FailureKind::Exception, "aborted"),
        (
            "import os, signal\ndef main():\n    os.kill(os.getpid(), signal.SIGTERM)\n    while True: pass\n",
            FailureKind::Exception,
            "signal 15",
        ),
        (
            "import os\ndef main():\n    os.closerange(0, 256)\n    while True: pass\n",
            FailureKind::Exception,
            "closed its channel",
        ),
        ("def main():\n    return 'x' * 300_000_000\n", FailureKind::Memory, "memory"),
        ("def main():\n    x = []\n    while True: x.append(bytearray(1 << 20))\n", FailureKind::Memory, "memory"),
        ("def main():\n    return ['x' * 1000] * 300_000\n", FailureKind::OutputTooLarge, "larger"),
        ("def main():\n    def f(): return f()\n    return f()\n", FailureKind::Exception, "RecursionError"),
        ("def main():\n    x = []\n    x.append(x)\n    return x\n", FailureKind::Exception, "nested"),
        (
            "def main():\n    x = []\n    for _ in range(90): x = [x]\n    for _ in range(900): x = [x]\n    return x\n",
            FailureKind::Exception,
            "nested",
        ),
        ("def main():\n    raise KeyboardInterrupt\n", FailureKind::Exception, "KeyboardInterrupt"),
        (
            "class E(Exception):\n    def __str__(self): raise self\ndef main():\n    raise E\n",
            FailureKind::Exception,
            "E",
        ),
    ];
    for (source, kind, words) in cases {
        let begun = Instant::now();
        let message = standard(source).limits(|limits| limits.timeout_ms = 5000).fails_as(&sandbox, kind).await;
        assert!(message.contains(words), "{source}: {message}");
        assert!(begun.elapsed() < Duration::from_secs(12), "{source}");
    }
    assert_eq!(strict("async def main():\n    return 1\n").value(&sandbox).await, json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn processor_time_is_limited_even_when_the_signal_is_ignored() {
    let sandbox = sandbox().await;
    for source in [
        "def main():\n    while True: pass\n",
        "import signal\ndef main():\n    signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    while True: pass\n",
    ] {
        standard(source).limits(|limits| limits.cpu_ms = 1000).fails_as(&sandbox, FailureKind::Cpu).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn printing_forever_costs_its_caller_only() {
    let sandbox = sandbox().await;
    let source = "import os\ndef main():\n    while True: os.write(1, b'x' * 65536)\n";
    let outcome = standard(source)
        .limits(|limits| {
            limits.timeout_ms = 2000;
            limits.stdout_bytes = 10_000;
        })
        .outcome(&sandbox)
        .await;
    assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Timeout);
    assert!(outcome.stdout.len() < 10_100 && outcome.stdout.starts_with("xxx"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_outside_the_call_cannot_be_reached() {
    let sandbox = sandbox().await;
    let head = "import ctypes, os, socket, subprocess, threading, signal, resource, mmap\nlibc = ctypes.CDLL(None, use_errno=True)\ndef sys_(name, *a):\n    if getattr(libc, name)(*a) < 0: raise OSError(ctypes.get_errno(), name)\n    return 'worked'\n";
    let attempts = [
        "open('/etc/passwd').read()",
        "open('/etc/hosts').read()",
        "os.listdir('/root')",
        "os.listdir('/proc')",
        "open('/proc/self/mem')",
        "open('/proc/1/environ').read()",
        "os.listdir('/sys')",
        "os.listdir('/dev')",
        "open('/dev/kmsg')",
        "open('/x', 'w')",
        "open('/python/x', 'w')",
        "open('/runner/zygote.py', 'a')",
        "os.remove('/runner/zygote.py')",
        "os.rename('/tmp', '/x')",
        "os.symlink('/etc', '/call/x')",
        "os.mkdir('/call/other')",
        "os.listdir('/call/..')",
        "os.chmod('/tmp/x', 0o4777) if open('/tmp/x','w') and os.execv('/tmp/x', ['x']) else 0",
        "os.fork()",
        "os.posix_spawn('/python/bin/python3', ['x'], {})",
        "subprocess.run(['/python/bin/python3', '-c', '0'])",
        "os.execv('/python/bin/python3', ['x'])",
        "os.setsid()",
        "os.kill(1, 0)",
        "os.kill(-1, 9)",
        "os.kill(0, 9)",
        "[os.kill(p, 0) for p in range(1, 400) if p != os.getpid()]",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.getaddrinfo('example.com', 80)",
        "os.memfd_create('x')",
        "sys_('ptrace', 16, 1, 0, 0)",
        "sys_('unshare', 0x10000000)",
        "sys_('mount', b'tmpfs', b'/tmp', b'tmpfs', 0, None)",
        "sys_('setuid', 0)",
        "sys_('syscall', 425, 1, None)",
        "sys_('syscall', 321, 0, None, 0)",
        "sys_('prctl', 4, 1, 0, 0, 0)",
        "sys_('syscall', 434, 1, 0)",
        "os.mknod('/tmp/n', 0o600 | 0o020000, 0x0103)",
        "os.mkfifo('/tmp/f')",
        "os.chroot('/tmp')",
        "os.pidfd_open(1)",
        "resource.setrlimit(resource.RLIMIT_DATA, (1 << 40, 1 << 40))",
        "resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))",
        "os.write(4, b'x')",
        "os.sched_setaffinity(0, {0})",
        "os.nice(-5)",
    ];
    for attempt in attempts {
        let source = format!(
            "{head}def main():\n    try:\n        r = {attempt}\n    except (OSError, ValueError) as e:\n        return 'refused'\n    return f'open: {{r!r}}'[:300]\n"
        );
        assert_eq!(standard(&source).value(&sandbox).await, json!("refused"), "{attempt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_stay_within_their_call() {
    let sandbox = sandbox().await;
    let cases = [
        // threads: bounded by memory and by the jail's process limit
        "import threading, time\ndef main():\n    n = 0\n    try:\n        while n < 100000:\n            threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); n += 1\n    except (RuntimeError, MemoryError):\n        return n < 5000\n",
        // files: the scratch space is small
        "import os\ndef main():\n    n = 0\n    try:\n        for i in range(100):\n            with open(f'/tmp/{i}', 'wb') as f: f.write(b'x' * (8 << 20)); n += 1\n    except OSError:\n        return n < 4\n",
        "def main():\n    n = 0\n    try:\n        while n < 100000:\n            open(f'/tmp/{n}', 'w').close(); n += 1\n    except OSError:\n        return n < 2000\n",
        "import os\ndef main():\n    fds = []\n    try:\n        while len(fds) < 10000: fds.append(os.dup(1))\n    except OSError:\n        return len(fds) < 300\n",
    ];
    for source in cases {
        assert_eq!(standard(source).value(&sandbox).await, json!(true), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_frames_are_refused() {
    let sandbox = sandbox().await;
    let frame = "import os, struct, json\ndef frame(header, body=b'', claim=None):\n    h = header if isinstance(header, bytes) else json.dumps(header).encode()\n    return struct.pack('<II', len(h), len(body) if claim is None else claim) + h + body\n";
    let cases = [
        ("os.write(3, b'\\xff' * 64)", "larger"),
        ("os.write(3, b'GET / HTTP/1.1\\r\\n\\r\\n' + bytes(64))", "larger"),
        ("os.write(3, frame(b'{]'))", "not a frame"),
        ("os.write(3, frame({'type': 'run'}))", "not a frame"),
        ("os.write(3, frame({'type': 'code'}, b'x'))", "not a frame"),
        ("os.write(3, frame({'type': 'result'}, b'{'))", "not valid JSON"),
        ("os.write(3, frame({'type': 'result'}, b'{\"value\":' + b'[' * 5000 + b']' * 5000 + b'}'))", "not valid JSON"),
        ("os.write(3, frame({'type': 'log', 'message': 'x'}, claim=4_000_000_000))", "larger"),
        (
            "os.write(3, frame({'type': 'http', 'id': 1, 'method': 'GET', 'url': 'x', 'headers': []}, claim=4_000_000_000))",
            "larger",
        ),
    ];
    for (act, words) in cases {
        let source = format!("{frame}def main():\n    {act}\n    while True: pass\n");
        let message = standard(&source).fails_as(&sandbox, FailureKind::Exception).await;
        assert!(message.contains(words), "{act}: {message}");
    }
    let huge = format!(
        "{frame}def main():\n    os.write(3, frame({{'type': 'result'}}, claim=4_000_000_000))\n    while True: pass\n"
    );
    standard(&huge).fails_as(&sandbox, FailureKind::OutputTooLarge).await;
    let flood = format!(
        "{frame}def main():\n    for i in range(20000): os.write(3, frame({{'type': 'log', 'message': 'x' * 1000}}))\n    return 'through'\n"
    );
    assert_eq!(standard(&flood).value(&sandbox).await, json!("through"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_for_the_next_call() {
    let sandbox = sandbox().await;
    let leave = "import os, json, random, decimal, builtins, sys\ndef main():\n    open('/tmp/left', 'w').write('x')\n    json.left = 1\n    builtins.left = 1\n    os.environ['LEFT'] = '1'\n    decimal.getcontext().prec = 3\n    sys.modules['left'] = json\n    random.seed(1)\n    return random.random()\n";
    let look = "import os, json, random, decimal, builtins, sys\ndef main():\n    return [os.path.exists('/tmp/left'), hasattr(json, 'left'), hasattr(builtins, 'left'), 'LEFT' in os.environ, decimal.getcontext().prec, 'left' in sys.modules, random.random()]\n";
    let mut seen = Vec::new();
    for _ in 0..6 {
        standard(leave).value(&sandbox).await;
        let value = standard(look).value(&sandbox).await;
        assert_eq!(
            value.as_array().unwrap()[..6],
            json!([false, false, false, false, 28, false]).as_array().unwrap()[..]
        );
        seen.push(value[6].to_string());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "each call has its own random numbers");
}
