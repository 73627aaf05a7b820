//! Nothing that a call does is seen by a later one. Per kind of state: a call that changes it, then enough calls to have met every
//! process that was waiting, each of which must find what a first call finds.

use std::sync::Arc;

use futures::{StreamExt, stream};
use mcpbox_core::{
    execute::{Executor, Unobserved},
    server::CodePolicy,
};
use mcpbox_sandbox::{Layers, Sandbox, SandboxConfig};
use serde_json::{Map, Value};

use crate::suite;

/// Calls after each change: more than processes wait here.
const LOOKS: usize = 6;
/// Most processes that wait.
const PARKED: usize = 4;

/// What is changed, how, and an expression that shows it.
const KINDS: &[(&str, &str, &str)] = &[
    ("attributes of a module", "json.left = 1", "hasattr(json, 'left')"),
    ("functions of a module", "json.dumps = None", "json.dumps([1])"),
    (
        "functions of the runner",
        "import results, tool_runtime; results.encode = tool_runtime.run = None",
        "__import__('results').encode is None",
    ),
    (
        "builtins",
        "builtins.left = 1; builtins.len = None",
        "[hasattr(builtins, 'left'), builtins.len is None, '__builtins__' in dir(builtins)]",
    ),
    ("the builtins of tools", "__builtins__['left'] = 1", "'left' in __builtins__"),
    ("names of the tool", "globals()['left'] = 1", "'left' in globals()"),
    (
        "attributes of a class",
        "decimal.Decimal.__doc__, Exception.__doc__, dict.__doc__; enum.Enum.left = 1",
        "hasattr(enum.Enum, 'left')",
    ),
    (
        "imported modules",
        "sys.modules['left'] = json; sys.modules.pop('math', None)",
        "['left' in sys.modules, sorted(m for m in sys.modules if 'left' in m)]",
    ),
    (
        "where modules are found",
        "sys.path.insert(0, '/tmp'); sys.meta_path.clear(); sys.path_hooks.clear()",
        "[sys.path, len(sys.meta_path), len(sys.path_hooks)]",
    ),
    (
        "a module of one's own in /tmp",
        "open('/tmp/left_behind.py', 'w').write('x = 1')",
        "os.path.exists('/tmp/left_behind.py')",
    ),
    (
        "files",
        "open('/tmp/left', 'w').write('x'); os.mkdir('/tmp/folder'); os.symlink('left', '/tmp/link')",
        "os.listdir('/tmp')",
    ),
    ("the working directory", "os.mkdir('/tmp/x'); os.chdir('/tmp/x')", "os.getcwd()"),
    ("the file creation mask", "os.umask(0)", "(lambda mask: (os.umask(mask), mask)[1])(os.umask(0o77))"),
    ("the environment", "os.environ['LEFT'] = '1'; os.environ.pop('LANG', None)", "dict(os.environ)"),
    ("the locale", "locale.setlocale(locale.LC_ALL, 'C.UTF-8')", "locale.setlocale(locale.LC_ALL)"),
    ("the time zone", "os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()", "[time.tzname, time.timezone]"),
    (
        "the decimal context",
        "decimal.getcontext().prec = 3; decimal.DefaultContext.prec = 4",
        "[decimal.getcontext().prec, decimal.DefaultContext.prec]",
    ),
    (
        "signal handlers",
        "signal.signal(signal.SIGTERM, lambda *_: None); signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "[str(signal.getsignal(n)) for n in (signal.SIGTERM, signal.SIGINT)]",
    ),
    (
        "blocked signals",
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])",
        "sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    ),
    ("timers", "signal.setitimer(signal.ITIMER_VIRTUAL, 100)", "signal.getitimer(signal.ITIMER_VIRTUAL)"),
    (
        "limits",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10)); resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))",
        "[resource.getrlimit(n) for n in range(16)]",
    ),
    (
        "filters of warnings",
        "warnings.simplefilter('error'); warnings.filters.append(('ignore', None, Warning, None, 7))",
        "len(warnings.filters)",
    ),
    (
        "loggers",
        "logging.basicConfig(level=1); logging.getLogger('left').setLevel(5); logging.disable(50)",
        "[len(logging.root.handlers), logging.root.level, logging.root.manager.disable]",
    ),
    (
        "the garbage collector",
        "gc.disable(); gc.set_threshold(1); gc.set_debug(0)",
        "[gc.isenabled(), gc.get_threshold(), gc.get_debug()]",
    ),
    ("threads", "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "threading.active_count()"),
    ("the recursion limit", "sys.setrecursionlimit(500)", "sys.getrecursionlimit()"),
    (
        "hooks",
        "sys.settrace(lambda *_: None); sys.excepthook = sys.displayhook = None; sys.addaudithook(lambda *_: None)",
        "[sys.gettrace() is None, sys.excepthook is None]",
    ),
    ("the switch interval", "sys.setswitchinterval(0.5)", "sys.getswitchinterval()"),
    ("digits of integers", "sys.set_int_max_str_digits(0)", "sys.get_int_max_str_digits()"),
    (
        "context variables",
        "import contextvars; contextvars.ContextVar('left').set(1)",
        "len(__import__('contextvars').copy_context())",
    ),
    ("caches of functions", "re.compile('left(behind)?')", "('left' in str(list(re._cache)))"),
    (
        "codecs",
        "codecs.register(lambda name: codecs.lookup('utf-8') if name == 'left' else None)",
        "[c for c in ['left'] if _known(c)]",
    ),
    (
        "output streams",
        "sys.stdout.reconfigure(line_buffering=False); sys.stderr = None",
        "[sys.stdout.line_buffering, sys.stderr is None]",
    ),
    (
        "flags of standard input",
        "fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) ^ os.O_APPEND ^ os.O_NONBLOCK)",
        "fcntl.fcntl(0, fcntl.F_GETFL)",
    ),
    ("descriptors", "[os.dup(1) for _ in range(20)]; os.close(0)", "[fd for fd in range(64) if _open(fd)]"),
    ("the name of the process", "ctypes.CDLL(None).prctl(15, b'left', 0, 0, 0)", "_name()"),
    ("time stamps of devices", "_try(lambda: os.utime('/dev/null', (1, 1)))", "os.stat('/dev/null').st_mtime"),
    (
        "locks",
        "_try(lambda: fcntl.flock(open('/dev/null'), fcntl.LOCK_EX))",
        "_try(lambda: fcntl.flock(open('/dev/null'), fcntl.LOCK_EX | fcntl.LOCK_NB))",
    ),
    (
        "secrets and arguments",
        "secrets.__dict__['left'] = 1; arguments['left'] = 1",
        "[vars(secrets).get('left'), arguments]",
    ),
    ("the temporary directory's name", "tempfile.tempdir = '/nowhere'", "tempfile.gettempdir()"),
    (
        "default encodings of classes",
        "json.JSONEncoder.default = lambda *_: 'left'; json.JSONDecoder.__init__.__defaults__",
        "json.JSONEncoder.default.__qualname__",
    ),
    ("an exception that is kept", "sys.last_value = ValueError('left')", "hasattr(sys, 'last_value')"),
];

const HEAD: &str = "\
import builtins, codecs, ctypes, decimal, enum, fcntl, gc, json, locale, logging, os, re, resource, signal, sys, tempfile, threading, time, warnings
def _try(act):
    try:
        return act()
    except OSError as error:
        return error.errno
def _known(name):
    try:
        return codecs.lookup(name) is not None
    except LookupError:
        return False
def _open(fd):
    return _try(lambda: os.fstat(fd) and 'open') == 'open'
def _name():
    name = ctypes.create_string_buffer(16)
    ctypes.CDLL(None).prctl(16, name, 0, 0, 0)
    return name.value.decode()
";

async fn run(sandbox: &Sandbox, body: &str) -> Result<Value, String> {
    let source = format!("{HEAD}def main():\n{body}");
    let execution = suite::execution(&source, CodePolicy::Standard, Map::new());
    let outcome = sandbox.execute(execution, Arc::new(Unobserved)).await;
    outcome.result.map(|output| output.value).map_err(|failure| failure.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_call_changes_is_seen_by_a_later_one() {
    let config = SandboxConfig { max_parked_per_environment: PARKED, ..suite::config(Layers::ALL) };
    let sandbox = suite::sandbox_with(config).await;
    let mut wrong = Vec::new();
    for (kind, change, look) in KINDS {
        let looks = format!("    return {look}\n");
        let first = run(&sandbox, &looks).await;
        if let Err(failure) = &first {
            wrong.push(format!("{kind}: cannot look: {failure}"));
            continue;
        }
        // The change really shows where it was made, or else this tests nothing. Some break the runner of their own call.
        let seen_at_once = run(&sandbox, &format!("    {change}\n    return {look}\n")).await;
        if seen_at_once == first && !UNSEEN.contains(kind) {
            wrong.push(format!("{kind}: the change does not show: {seen_at_once:?}"));
        }
        let later: Vec<_> = stream::iter(0..LOOKS).map(|_| run(&sandbox, &looks)).buffer_unordered(4).collect().await;
        let different: Vec<_> = later.iter().filter(|it| **it != first).collect();
        if !different.is_empty() {
            wrong.push(format!("{kind}: {first:?} became {different:?}"));
        }
    }
    sandbox.shutdown(std::time::Duration::from_secs(1)).await;
    assert!(wrong.is_empty(), "{} kinds:\n{}", wrong.len(), wrong.join("\n"));
}

/// Kinds that a call cannot change even for itself.
const UNSEEN: &[&str] = &["time stamps of devices", "locks"];

#[tokio::test(flavor = "multi_thread")]
async fn every_call_has_random_numbers_of_its_own() {
    let sandbox = suite::sandbox(Layers::ALL).await;
    run(&sandbox, "    import random\n    random.seed(1)\n    return random.random()\n").await.unwrap();
    let sources = [
        "    import random\n    return random.random()\n",
        "    import random\n    return random.SystemRandom().random()\n",
        "    import uuid\n    return str(uuid.uuid4())\n",
        "    import secrets as s\n    return s.token_hex()\n",
        "    return os.urandom(8).hex()\n",
        "    import tempfile\n    return next(tempfile._get_candidate_names())\n",
    ];
    for source in sources {
        let mut seen = Vec::new();
        for _ in 0..LOOKS {
            seen.push(run(&sandbox, source).await.unwrap().to_string());
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), LOOKS, "{source}");
    }
    sandbox.shutdown(std::time::Duration::from_secs(1)).await;
}
