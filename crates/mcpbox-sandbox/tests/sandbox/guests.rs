//! Other people's programs behind the walls: real ones of this machine, that try to get out.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mcpbox_core::{
    ids::SourceId,
    name::SecretKey,
    program::{ProgramHost, ProgramRule, ProgramStart, ProgramValue, RunningProgram},
};

use mcpbox_sandbox::SandboxConfig;

use crate::support::{config, data_dir, sandbox, sandbox_with, until};

const PYTHON: &str = "/usr/bin/python3";

/// Python of several lines as one word of a command line, which has one line.
pub(crate) fn start(code: &str, change: impl FnOnce(&mut ProgramRule)) -> ProgramStart {
    let line = format!("exec({})", serde_json::to_string(code).unwrap());
    let mut rule = ProgramRule { command: PYTHON.into(), args: vec!["-c".into(), line], ..ProgramRule::default() };
    change(&mut rule);
    ProgramStart { id: SourceId::generate(), rule, environment: Vec::new(), credentials: None }
}

/// What it writes once it is started.
async fn said(host: &dyn ProgramHost, start: ProgramStart, input: &str) -> (String, String) {
    told(host.start(start).await.unwrap(), input).await
}

/// Everything it writes to its standard output and error until it ends, after it was told `input`.
pub(crate) async fn told(running: RunningProgram, input: &str) -> (String, String) {
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || {
        let _ = std::fs::File::from(running.input).write_all(input.as_bytes());
        let [output, errors] = [running.output, running.errors].map(|stream| {
            std::thread::spawn(move || {
                let mut text = String::new();
                let _ = std::fs::File::from(stream).read_to_string(&mut text);
                text
            })
        });
        let (output, errors) = (output.join().unwrap(), errors.join().unwrap());
        drop(running.hold);
        (output, errors)
    })
    .await
    .unwrap()
}

/// Tries each line by itself, and tells of those that worked.
pub(crate) fn attempts(lines: &[String]) -> String {
    let list = serde_json::to_string(lines).unwrap();
    format!(
        "import json\nfor line in json.loads({}):\n    try:\n        exec(line, {{}})\n    except BaseException as error:\n        print('no', type(error).__name__, flush=True)\n    else:\n        print('GOT THROUGH', line, flush=True)\nprint('tried')",
        serde_json::to_string(&list).unwrap()
    )
}

pub(crate) fn hostile(writable: &Path) -> Vec<String> {
    let data = data_dir().canonicalize().unwrap();
    let lines = [
        "open('/etc/shadow').read()",
        "open('/etc/passwd').read()",
        "import os; os.listdir('/root') or 1/0",
        "import os; os.listdir('/home') or 1/0",
        "import os; os.listdir('/proc') or 1/0",
        "open('/proc/1/environ').read()",
        "import os; os.listdir('DATA')",
        "import os; os.listdir('DATA/runtime')",
        "open('/usr/bin/escaped', 'w')",
        "open('/escaped', 'w')",
        "import os; os.mknod('/tmp/device', 0o60666, 0x801)",
        "import socket; socket.create_connection(('127.0.0.1', 22), 2)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.99.0.1', 53))",
        "import socket; socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "import os; os.fork()",
        "import subprocess; subprocess.run(['/bin/true'], check=True)",
        "import os; os.kill(os.getppid() or 1 << 20, 0)",
        "import os\nfor pid in range(2, 4000):\n    try:\n        os.kill(pid, 0)\n    except OSError:\n        continue\n    break\nelse:\n    1/0",
        "import os; os.setuid(0)",
        "import ctypes; libc = ctypes.CDLL(None); libc.unshare(0x10000000) and 1/0",
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True); libc.ptrace(0, 1, 0, 0) and 1/0",
        "import ctypes; libc = ctypes.CDLL(None); libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) and 1/0",
        "import os; os.memfd_create('x')",
        "import os, shutil; shutil.copy('/bin/true', 'WRITE/true'); os.chmod('WRITE/true', 0o755); os.execv('WRITE/true', ['true'])",
        "import os; os.symlink('/etc', 'WRITE/etc'); open('WRITE/etc/shadow').read()",
        // What leads to libraries is there, and one file of configuration.
        "import os; set(os.listdir('/etc')) <= {'ld.so.cache', 'alternatives', 'ssl', 'pki'} and set(os.listdir('/etc/ssl')) <= {'openssl.cnf', 'certs', 'cert.pem'} and 1/0",
    ];
    let places = [("DATA", data.display().to_string()), ("WRITE", writable.display().to_string())];
    lines
        .iter()
        .map(|line| places.iter().fold((*line).to_owned(), |line, (word, path)| line.replace(word, path)))
        .collect()
}

/// A directory that the program's user may write to.
pub(crate) fn writable() -> (tempfile::TempDir, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let path = folder.path().canonicalize().unwrap();
    (folder, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_through_nowhere() {
    let sandbox = sandbox().await;
    let (_folder, path) = writable();
    let lines = hostile(&path);
    let write = vec![path.display().to_string()];
    let (output, errors) = said(&*sandbox, start(&attempts(&lines), |rule| rule.write = write), "").await;
    assert!(output.ends_with("tried\n"), "{output} {errors}");
    assert!(!output.contains("GOT THROUGH"), "{output}");
    assert_eq!(output.lines().filter(|line| line.starts_with("no ")).count(), lines.len(), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_has_what_was_granted_and_keeps_its_own_directory() {
    let data = data_dir();
    let sandbox = sandbox_with(SandboxConfig { data_dir: data.clone(), ..config() }).await;
    let (_read, read) = writable();
    let (_write, write) = writable();
    std::fs::write(read.join("given"), "hello").unwrap();
    let code = format!(
        "import os, sys, threading\n\
         print(open('{0}/given').read())\n\
         try:\n    open('{0}/new', 'w')\nexcept OSError as error:\n    print('not there')\n\
         open('{1}/made', 'w').write('by it')\n\
         path = sys.argv[1] + '/count'\n\
         count = int(open(path).read()) + 1 if os.path.exists(path) else 1\n\
         open(path, 'w').write(str(count))\n\
         thread = threading.Thread(target=lambda: print('threads'))\nthread.start(); thread.join()\n\
         print(count, os.environ['MODE'], os.environ['TOKEN'], sorted(os.environ))\n\
         print(input())",
        read.display(),
        write.display()
    );
    let mut asked = start(&code, |rule| {
        rule.args.push("{private}".into());
        rule.private = true;
        rule.read = vec![read.display().to_string()];
        rule.write = vec![write.display().to_string()];
        let token = ProgramValue::Secret(SecretKey::parse("TOKEN").unwrap());
        rule.env = BTreeMap::from([("MODE".into(), ProgramValue::Value("a b".into())), ("TOKEN".into(), token)]);
    });
    asked.environment = vec![("TOKEN".into(), "the-value".to_owned().into())];
    let (first, errors) = said(&*sandbox, asked.clone(), "line\n").await;
    assert!(first.starts_with("hello\nnot there\n"), "{first} {errors}");
    assert!(
        first.contains("threads\n1 a b the-value ['HOME', 'LANG', ") && first.ends_with("\nline\n"),
        "{first} {errors}"
    );
    assert!(!first.contains("MCPBOX") && !first.contains("CARGO"), "{first}");
    assert_eq!(std::fs::read_to_string(write.join("made")).unwrap(), "by it");
    let (again, errors) = said(&*sandbox, asked.clone(), "line\n").await;
    assert!(again.contains("\n2 a b the-value"), "it finds what it kept: {again} {errors}");
    let other = ProgramStart { id: SourceId::generate(), ..asked.clone() };
    assert!(said(&*sandbox, other.clone(), "line\n").await.0.contains("\n1 a b"), "another one has its own");
    sandbox.remove(asked.id);
    let is_gone = |id: SourceId| {
        let mut names = std::fs::read_dir(data.join("sources")).unwrap().map(|entry| entry.unwrap().file_name());
        names.all(|name| name.to_str() != Some(&id.to_string()))
    };
    until("its directory is deleted", || is_gone(asked.id)).await;
    assert!(!is_gone(other.id), "and no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_ends_when_nobody_holds_it_even_one_that_does_not_want_to() {
    let sandbox = sandbox().await;
    let code = "import os, signal, time\nfor number in range(1, 32):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n    except OSError:\n        pass\nprint('up', flush=True)\nwhile True:\n    time.sleep(1)";
    let running = sandbox.start(start(code, |_| {})).await.unwrap();
    let mut output = std::fs::File::from(running.output);
    let (mut output, up) = tokio::task::spawn_blocking(move || {
        let mut up = [0; 3];
        output.read_exact(&mut up).unwrap();
        (output, up)
    })
    .await
    .unwrap();
    assert_eq!(&up, b"up\n");
    let since = Instant::now();
    drop((running.hold, running.input));
    let rest = tokio::task::spawn_blocking(move || {
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).map(|_| rest)
    });
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), rest).await.unwrap().unwrap().unwrap(), b"");
    assert!(since.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_of_memory_ends_the_program_alone() {
    let sandbox = sandbox().await;
    let code = "kept = []\nwhile True:\n    kept.append(bytearray(64 << 20))\n    print(len(kept), flush=True)";
    let (output, errors) = said(&*sandbox, start(code, |_| {}), "").await;
    let taken: usize = output.lines().last().unwrap().parse().unwrap();
    assert!(taken < 20, "{taken} times 64 MiB; {errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fills_its_directory_is_stopped_until_there_is_room_again() {
    let data = data_dir();
    let sandbox = sandbox_with(SandboxConfig { data_dir: data.clone(), program_kept_bytes: 8 << 20, ..config() }).await;
    let code = "import sys, time\n\
                for number in range(int(sys.argv[2])):\n    open(f'{sys.argv[1]}/{number}', 'wb').write(b'x' * (1 << 20))\n\
                print('written', flush=True)\n\
                time.sleep(float(sys.argv[3]))\n\
                print('done', flush=True)";
    let writing = |files: &str, seconds: &str| {
        start(code, |rule| {
            rule.private = true;
            rule.args.extend(["{private}", files, seconds].map(str::to_owned));
        })
    };
    let (output, errors) = said(&*sandbox, writing("4", "1.3"), "").await;
    assert_eq!(output, "written\ndone\n", "{errors}");

    let greedy = writing("12", "100");
    let kept = data.join("sources").join(greedy.id.to_string());
    let RunningProgram { input: _input, output, stopped, hold: _hold, .. } =
        sandbox.start(greedy.clone()).await.unwrap();
    let read = tokio::task::spawn_blocking(move || std::io::read_to_string(std::fs::File::from(output)));
    let output = tokio::time::timeout(Duration::from_secs(60), read).await.unwrap().unwrap().unwrap();
    assert!(!output.contains("done"), "{output}");
    let why = stopped.get().unwrap();
    assert!(why.contains("its own directory holds more than 8 MiB"), "{why}");
    let refused = sandbox.start(greedy.clone()).await.unwrap_err();
    assert!(refused.contains("holds more than 8 MiB") && refused.contains(&kept.display().to_string()), "{refused}");

    for number in 0..12 {
        std::fs::remove_file(kept.join(number.to_string())).unwrap();
    }
    drop(sandbox.start(greedy).await.unwrap());
}
