//! Worker processes, the executor over them, and short ways to run source.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mcpbox_core::{
    bearer::BearerKey,
    execute::{Environment, Execution, Executor, Observer, Outcome, Program, Unobserved},
    hash::ContentHash,
    ids::CallId,
    server::{CodePolicy, Limits},
};
use mcpbox_sandbox::{WorkerState, Workers, WorkersConfig};
use serde_json::{Map, Value};

/// The key of all workers here.
pub(crate) const KEY: &str = "4a0f5d3c9b1e27864a0f5d3c9b1e27864a0f5d3c9b1e27864a0f5d3c9b1e2786";
/// Sleeps for long.
pub(crate) const SLEEP: &str = "import time\ndef main():\n    time.sleep(60)\n";

/// A worker process; killed when dropped.
pub(crate) struct Worker {
    name: &'static str,
    process: Child,
    pub(crate) url: String,
}

impl Worker {
    /// Starts one and waits until it serves. `name` is unique among the tests.
    pub(crate) fn start(name: &'static str) -> Self {
        Self::start_on(name, "127.0.0.1:0")
    }

    fn start_on(name: &'static str, address: &str) -> Self {
        let mut command = command(name);
        command.args(["--sandbox-addr", address]);
        Self::wait(name, command)
    }

    /// Starts this command and waits until it serves.
    pub(crate) fn wait(name: &'static str, mut command: Command) -> Self {
        let ready = directory(name).with_extension("ready");
        let _old = fs::remove_file(&ready);
        command.arg("--ready-file").arg(&ready).stdout(Stdio::null()).stderr(fs::File::create(log(name)).unwrap());
        let mut process = command.spawn().unwrap();
        let begun = Instant::now();
        while !ready.exists() {
            let said = || fs::read_to_string(log(name)).unwrap_or_default();
            assert!(process.try_wait().unwrap().is_none(), "{}", said());
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", said());
            std::thread::sleep(Duration::from_millis(5));
        }
        let ready: Value = serde_json::from_slice(&fs::read(&ready).unwrap()).unwrap();
        assert_eq!(ready["pid"], process.id());
        Self { name, process, url: ready["sandbox_url"].as_str().unwrap().to_owned() }
    }

    /// Starts it anew at its old address.
    pub(crate) fn again(mut self) -> Self {
        self.kill();
        let address = self.address().to_owned();
        Self::start_on(self.name, &address)
    }

    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        let _gone = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let arguments = [format!("-{name}"), self.pid().to_string()];
        #[expect(clippy::disallowed_methods, reason = "the test signals a process it started, by id")]
        let done = Command::new("kill").args(arguments).status().unwrap();
        assert!(done.success());
    }

    /// SIGTERM; how long it took to end.
    pub(crate) fn terminate(mut self) -> Duration {
        let begun = Instant::now();
        self.signal("TERM");
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
        begun.elapsed()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log(self.name)).unwrap()
    }

    /// A `GET` with this `Authorization`: status line, headers and body.
    pub(crate) fn get(&self, path: &str, authorization: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: w\r\nAuthorization: {authorization}\r\n"), "")
    }

    /// A request of this head (without the end) and body.
    pub(crate) fn send(&self, head: &str, body: &str) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(self.address()).unwrap();
        let length = body.len();
        write!(stream, "{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The value of a metric of its own.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        sample(&self.get("/metrics", &format!("Bearer {KEY}")), name)
    }

    /// The process of a call that computes.
    pub(crate) fn busy_child(&self) -> Option<u32> {
        let mut calls = children(self.pid()).into_iter().flat_map(children).flat_map(children);
        calls.find(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let user_ticks = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(11)?.parse().ok());
            user_ticks.unwrap_or(0_u64) >= 20
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn children(parent: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let text: String =
        tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default() + " ").collect();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// `mcpbox serve --role sandbox` with an environment that holds nothing but the key.
#[expect(clippy::disallowed_methods, reason = "the test starts the program under test")]
pub(crate) fn command(name: &str) -> Command {
    let directory = directory(name);
    fs::create_dir_all(&directory).unwrap();
    share_runtime(&directory);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpbox"));
    command.args(["serve", "--role", "sandbox", "--log", "trace", "--data-dir"]).arg(directory).env_clear();
    for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("MCPBOX_SANDBOX_KEY", KEY).stdin(Stdio::null());
    command
}

/// The runtime is read only once it is built, so that all can use the one that the first test builds.
fn share_runtime(directory: &Path) {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data/runtime");
    fs::create_dir_all(&shared).unwrap();
    let link = directory.join("runtime");
    if !link.exists() {
        std::os::unix::fs::symlink(shared, link).unwrap();
    }
}

/// The data directory of a worker.
pub(crate) fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("worker-{name}"))
}

fn log(name: &str) -> PathBuf {
    directory(name).with_extension("log")
}

/// The value of the sample that begins with `name`.
pub(crate) fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// An executor over these workers.
pub(crate) async fn workers(urls: &[&str]) -> Arc<Workers> {
    workers_with(urls, KEY).await
}

/// The same with another key.
pub(crate) async fn workers_with(urls: &[&str], key: &str) -> Arc<Workers> {
    let urls = urls.iter().map(|url| url.parse().unwrap()).collect();
    let config = WorkersConfig { urls, ..WorkersConfig::default() };
    Workers::start(&config, &BearerKey::parse(key).unwrap()).await.unwrap()
}

/// Whether the worker at this address gets calls.
pub(crate) fn is_up(workers: &Workers, url: &str) -> bool {
    workers.states().iter().any(|(name, state)| name == url && matches!(state, WorkerState::Up(_)))
}

/// A bound for what hangs: a machine that does much else takes a while to install packages.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits until the condition holds, at most [`LIMIT`]; how long it took.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LIMIT, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

/// An execution of this source, held by the jail alone.
pub(crate) fn execution(source: &str) -> Execution {
    let program = Program {
        source: source.to_owned(),
        content_hash: ContentHash::of(&Value::from(source)),
        policy: CodePolicy::Standard,
        modules: Default::default(),
        environment: Environment::Base,
        imports: Default::default(),
        uses_http: false,
    };
    Execution {
        call_id: CallId::generate(),
        entry: Default::default(),
        program: Arc::new(program),
        arguments: Map::new(),
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits: Limits { timeout_ms: 90_000, ..Limits::default() },
    }
}

/// Runs this source.
pub(crate) async fn run(workers: &Workers, source: &str) -> Outcome {
    workers.execute(execution(source), Arc::new(Unobserved)).await
}

/// Runs this source as a task.
pub(crate) fn spawn(workers: &Arc<Workers>, source: &'static str) -> tokio::task::JoinHandle<Outcome> {
    let workers = Arc::clone(workers);
    tokio::spawn(async move { run(&workers, source).await })
}

/// Keeps what a run said.
#[derive(Debug, Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<String>>);

impl Observer for Heard {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.0.lock().unwrap().push(format!("{done}/{total:?} {message:?}"));
    }

    fn log(&self, message: String) {
        self.0.lock().unwrap().push(message);
    }
}
