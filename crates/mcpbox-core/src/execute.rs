//! The seam between who decides that code runs (catalog) and what runs it (sandbox, here or on another machine).

use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ask::{self, Asking},
    capability::HostRule,
    failure::Failure,
    hash::ContentHash,
    ids::CallId,
    name::SecretKey,
    package::{PackageLock, Requirements, ResolvedPackage},
    secret::SecretMode,
    server::{CodePolicy, Limits},
    task::Begun,
};

/// A future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs Python in a jail. Dropping the future of [`Executor::execute`] kills the process: that is cancellation.
pub trait Executor: Send + Sync + 'static {
    /// Runs one execution in a fresh process. Never retries by itself.
    fn execute<'a>(&'a self, execution: Execution, observer: Arc<dyn Observer>) -> BoxFuture<'a, Outcome>;

    /// How the sandbox is.
    fn status(&self) -> SandboxStatus;

    /// How often since the start a process that makes others ended unexpectedly.
    fn crashes(&self) -> u64 {
        0
    }

    /// Whether anything is there that could run a tool.
    fn is_reachable(&self) -> bool {
        true
    }

    /// Asks the package index which exact wheels fulfil these requirements together with the base packages, for the
    /// interpreter that runs tools. Installs nothing, runs nothing of theirs. An error is a sentence for a person.
    fn resolve<'a>(&'a self, requirements: &'a Requirements) -> BoxFuture<'a, Result<Resolved, String>> {
        let _ = requirements;
        Box::pin(async { Err("this sandbox cannot resolve packages".to_owned()) })
    }

    /// Installs the environment of a lock, or checks the one that is there, so that calls can run in it. May take minutes;
    /// `progress` gets a line per step. An error is a sentence for a person.
    fn install<'a>(
        &'a self,
        environment: LockedEnvironment,
        lock: &'a PackageLock,
        progress: &'a (dyn Fn(&str) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), String>> {
        let _ = (environment, lock, progress);
        Box::pin(async { Err("this sandbox cannot install packages".to_owned()) })
    }

    /// Removes the environments of locks other than `wanted` that were not used since `since`; gives how many. What is needed again
    /// is installed again.
    fn remove_unused<'a>(&'a self, wanted: &'a BTreeSet<ContentHash>, since: DateTime<Utc>) -> BoxFuture<'a, u64> {
        let _ = (wanted, since);
        Box::pin(async { 0 })
    }
}

/// What is run: the same for every call of a version. Serialised on the way to a sandbox worker; one that does not know a field
/// refuses the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Python source with a `main`.
    pub source: String,
    /// Names the source; key of compiled-code caches.
    pub content_hash: ContentHash,
    /// Language rules.
    pub policy: CodePolicy,
    /// Dotted names of all modules that may be imported (a name allows its submodules only if listed or it ends in `.*`).
    pub modules: BTreeSet<String>,
    /// Which Python environment.
    pub environment: Environment,
    /// Dotted names of the modules that the source imports.
    pub imports: BTreeSet<String>,
    /// Whether the code uses `http`.
    pub uses_http: bool,
}

/// A set of importable packages, one zygote each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Standard library and the pinned base packages.
    Base,
    /// Packages of the index, with the base packages among them.
    Locked(LockedEnvironment),
}

/// An environment of granted packages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LockedEnvironment {
    /// Hash of the lock it was installed by ([`PackageLock::hash`]).
    pub lock: ContentHash,
    /// Whether its packages may speak HTTP by themselves, through the proxy of the jail.
    #[serde(default)]
    pub network: bool,
}

/// What came of resolving packages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// By what exactly this is installed.
    pub lock: PackageLock,
    /// What is installed.
    pub packages: Vec<ResolvedPackage>,
}

/// Which function of a program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "function", rename_all = "snake_case")]
pub enum Entry {
    /// `main`.
    #[default]
    Main,
    /// The function of this name, for the messages of a prompt.
    Prompt(String),
    /// The function of this name, for the contents of a resource.
    Resource(String),
}

impl Entry {
    /// Whether it is `main`, as nearly always.
    pub fn is_main(&self) -> bool {
        *self == Self::Main
    }

    /// The name of the function.
    pub fn function(&self) -> &str {
        match self {
            Self::Main => "main",
            Self::Prompt(function) | Self::Resource(function) => function,
        }
    }
}

/// One run.
#[derive(Debug)]
pub struct Execution {
    /// Names the run in logs and evidence.
    pub call_id: CallId,
    /// What is run.
    pub program: Arc<Program>,
    /// Which of its functions.
    pub entry: Entry,
    /// Validated arguments of that function.
    pub arguments: Map<String, Value>,
    /// Hosts that may be reached.
    pub hosts: Arc<[HostRule]>,
    /// Secrets the code may use.
    pub secrets: Vec<UnsealedSecret>,
    /// Canned answers; when given, nothing else is reachable.
    pub http_mocks: Option<Vec<HttpMock>>,
    /// What it may use.
    pub limits: Limits,
}

/// A secret for one run.
#[derive(Debug, Clone)]
pub struct UnsealedSecret {
    /// Its key.
    pub key: SecretKey,
    /// Its value.
    pub value: SecretString,
    /// Whether the code may see the value.
    pub mode: SecretMode,
    /// Hosts a sealed value may go to.
    pub hosts: Vec<HostRule>,
}

/// A canned HTTP answer for tests of drafts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HttpMock {
    /// Method; `*` or absent matches all.
    #[serde(default)]
    pub method: Option<String>,
    /// Exact URL, or a prefix when it ends in `*`.
    pub url: String,
    /// Status code.
    #[serde(default = "default_mock_status")]
    pub status: u16,
    /// Response headers.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub headers: Map<String, Value>,
    /// Response body: text as it is, anything else as JSON.
    #[serde(default)]
    pub body: Value,
}

fn default_mock_status() -> u16 {
    200
}

/// Hears what a run says while it runs, and answers what it asks for. Called from the supervisor; must not block.
pub trait Observer: Send + Sync + 'static {
    /// `ctx.progress(done, total, message)`.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>);
    /// `ctx.log(message)`.
    fn log(&self, message: String);
    /// What runs is known, and about to begin.
    fn begins(&self, run: Begun) {
        let _ = run;
    }
    /// Through which the run may call other tools; none for most runs, whose code then has no `tools`.
    fn tools(&self) -> Option<&dyn ToolCalls> {
        None
    }
    /// Through which the run may ask the user of its client.
    fn questions(&self) -> Option<&dyn Questions> {
        None
    }
    /// How that user can be asked. Whoever makes runs turns it into [`Observer::questions`].
    fn asking(&self) -> Asking {
        ask::NOBODY
    }
}

/// Asks the user of the client on behalf of a run. Whoever implements it checks the question; dropping the future takes it back.
pub trait Questions: Send + Sync {
    /// `await ctx.elicit(...)`: `{action, content}`. `question` is what the run put together.
    fn ask(&self, question: Value) -> BoxFuture<'_, Result<Value, Failure>>;
}

/// Calls tools on behalf of a run. Whoever implements it decides whether the run may; dropping the future cancels the call.
pub trait ToolCalls: Send + Sync {
    /// `await tools.<server>.<tool>(...)`: what that tool returned. `name` is `server__tool`, as the run put it together.
    fn call_tool<'a>(&'a self, name: String, arguments: Map<String, Value>) -> BoxFuture<'a, Result<Value, Failure>>;
}

/// An observer that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<String>) {}
    fn log(&self, _: String) {}
}

/// What came of a run. All texts are scrubbed of secrets.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The result, or why there is none.
    pub result: Result<ToolOutput, Failure>,
    /// What it printed, capped.
    pub stdout: String,
    /// What it did.
    pub observed: Observed,
}

/// What `main` returned; of a prompt, as `value`, a list of its messages (`{role, content}`); of a resource, its contents
/// (`{text | blob, mimeType}`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ToolOutput {
    /// The JSON value, when it returned one.
    pub value: Value,
    /// MCP content blocks, when it returned some (text, image, audio, resource, resource_link) as in the MCP schema.
    pub content: Vec<Value>,
}

/// What a run did, as evidence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Observed {
    /// Which function ran.
    #[serde(default, skip_serializing_if = "Entry::is_main")]
    pub entry: Entry,
    /// Every HTTP attempt in order (at most 100 kept).
    pub hosts: Vec<HostAttempt>,
    /// Imported modules.
    pub modules: BTreeSet<String>,
    /// Imports that were refused.
    pub denied_modules: BTreeSet<String>,
    /// Secrets that were read.
    pub secrets: BTreeSet<SecretKey>,
    /// Wall time, microseconds.
    pub duration_us: u64,
    /// CPU time, microseconds.
    pub cpu_us: u64,
    /// Peak memory, bytes.
    pub peak_memory_bytes: u64,
}

impl Observed {
    /// Wall time.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration_us)
    }
}

/// One HTTP attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostAttempt {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Method, upper case.
    pub method: String,
    /// What came of it.
    pub outcome: HostOutcome,
    /// HTTP status when reached, or why it was refused or failed.
    pub detail: String,
    /// What a human could grant so that it is allowed; none when it was, or when no grant would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<HostRule>,
}

/// What came of an HTTP attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostOutcome {
    /// It answered.
    Reached,
    /// Allowed, but did not answer.
    Failed,
    /// Not granted, or an address that is never allowed.
    Denied,
    /// Answered by a mock.
    Mocked,
}

/// How the sandbox is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SandboxStatus {
    /// Which layers hold.
    pub tier: SandboxTier,
    /// A sentence about it.
    pub detail: String,
    /// Interpreter version, `3.13.1`.
    pub python: String,
    /// Processes that wait for a call.
    pub parked: u32,
    /// Calls that run now.
    pub running: u32,
    /// Calls that wait for a process.
    pub queued: u32,
    /// Whether the base packages (httpx …) are ready.
    pub base_ready: bool,
}

/// Which layers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SandboxTier {
    /// Namespaces, Landlock, seccomp, limits.
    Full,
    /// Landlock, seccomp, limits.
    NoNamespaces,
    /// Started with `--insecure-no-sandbox`.
    None,
}
