//! What the tests of the sandbox share: one sandbox per test program, and short ways to run source.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use mcpbox_core::{
    execute::{Environment, Execution, Executor, Observer, Outcome, Program, Unobserved},
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::CallId,
    server::{CodePolicy, Limits},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Sandbox, SandboxConfig};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::folder::folder;

/// Modules granted in strict runs.
pub(crate) const MODULES: [&str; 14] = [
    "json",
    "math",
    "datetime",
    "asyncio",
    "re",
    "dataclasses",
    "enum",
    "typing",
    "decimal",
    "random",
    "collections",
    "xml.etree.ElementTree",
    "urllib.parse",
    "httpx",
];

/// Where the tests of this crate keep their runtime, so that only the first one builds it.
pub(crate) fn data_dir() -> PathBuf {
    folder("data")
}

/// Configuration with the jail entry of this crate.
pub(crate) fn config() -> SandboxConfig {
    SandboxConfig {
        data_dir: data_dir(),
        python: std::env::var_os("MCPBOX_TEST_PYTHON").map(PathBuf::from),
        jail_program: PathBuf::from(env!("CARGO_BIN_EXE_mcpbox-jail-entry")),
        ..SandboxConfig::default()
    }
}

/// A sandbox of this test's own. The base packages are installed before it is handed out.
pub(crate) async fn sandbox_with(config: SandboxConfig) -> Arc<Sandbox> {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let broker = Broker::new(BrokerConfig::default()).unwrap();
    let sandbox = Sandbox::start(config, broker, |line| eprintln!("{line}")).await.unwrap();
    INSTALLED.get_or_init(|| async { assert!(sandbox.base_installed(Duration::from_secs(180)).await) }).await;
    sandbox
}

/// A sandbox with the usual configuration.
pub(crate) async fn sandbox() -> Arc<Sandbox> {
    sandbox_with(config()).await
}

/// A run, built up step by step.
pub(crate) struct Run {
    pub(crate) execution: Execution,
    pub(crate) observer: Arc<dyn Observer>,
}

/// A strict run of this source.
pub(crate) fn strict(source: &str) -> Run {
    run(source, CodePolicy::Strict)
}

/// A standard run of this source: only the jail holds.
pub(crate) fn standard(source: &str) -> Run {
    run(source, CodePolicy::Standard)
}

/// What analysis would say.
fn imports(source: &str) -> BTreeSet<String> {
    let statements = source.lines().flat_map(|line| line.split(';')).map(str::trim);
    let names = statements.filter_map(|line| line.strip_prefix("import ").or_else(|| line.strip_prefix("from ")));
    let names = names.map(|rest| rest.split(" import ").next().unwrap_or(rest));
    names
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn run(source: &str, policy: CodePolicy) -> Run {
    let program = Program {
        source: source.to_owned(),
        content_hash: ContentHash::of(&Value::from(source)),
        policy,
        modules: MODULES.map(str::to_owned).into(),
        environment: Environment::Base,
        imports: imports(source),
        uses_http: source.contains("http"),
    };
    Run {
        execution: Execution {
            call_id: CallId::generate(),
            entry: Default::default(),
            program: Arc::new(program),
            arguments: Map::new(),
            hosts: Arc::new([]),
            secrets: Vec::new(),
            http_mocks: None,
            limits: Limits { timeout_ms: 20_000, ..Limits::default() },
        },
        observer: Arc::new(Unobserved),
    }
}

impl Run {
    /// With these arguments.
    pub(crate) fn arguments(mut self, arguments: Value) -> Self {
        self.execution.arguments = arguments.as_object().unwrap().clone();
        self
    }

    /// With these limits.
    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.execution.limits);
        self
    }

    /// The outcome.
    pub(crate) async fn outcome(self, sandbox: &Sandbox) -> Outcome {
        sandbox.execute(self.execution, self.observer).await
    }

    /// The value it returns.
    pub(crate) async fn value(self, sandbox: &Sandbox) -> Value {
        let outcome = self.outcome(sandbox).await;
        outcome.result.unwrap_or_else(|failure| panic!("{failure:#?}\n{}", outcome.stdout)).value
    }

    /// The failure it ends in.
    pub(crate) async fn failure(self, sandbox: &Sandbox) -> Failure {
        self.outcome(sandbox).await.result.expect_err("it must fail")
    }

    /// Asserts the kind of failure and returns its message.
    pub(crate) async fn fails_as(self, sandbox: &Sandbox, kind: FailureKind) -> String {
        let failure = self.failure(sandbox).await;
        assert_eq!(failure.kind, kind, "{failure:#?}");
        failure.message
    }
}

/// Waits until the condition holds; at most ten seconds.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
