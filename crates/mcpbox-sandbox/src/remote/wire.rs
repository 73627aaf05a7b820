//! What server and worker say to each other: a JSON request; a stream of JSON lines as answer, the last of which is the outcome;
//! or a [`Refusal`] with another status than 200, which means that nothing was run.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::HostRule,
    execute::{
        Entry, Execution, HttpMock, LockedEnvironment, Observed, Outcome, Program, SandboxStatus, ToolOutput,
        UnsealedSecret,
    },
    failure::Failure,
    hash::ContentHash,
    ids::CallId,
    name::SecretKey,
    package::PackageLock,
    secret::SecretMode,
    server::Limits,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, value::RawValue};

/// Changes whenever one side would misunderstand the other.
pub(super) const PROTOCOL: &str = "2";
/// The header that carries [`PROTOCOL`].
pub(super) const PROTOCOL_HEADER: &str = "mcpbox-protocol";
/// Runs something.
pub(super) const EXECUTE: &str = "/execute";
/// Brings a script what a tool returned that it called.
pub(super) const TOOL_RESULT: &str = "/tool_result";
/// Asks the worker's package index.
pub(super) const RESOLVE: &str = "/resolve";
/// Installs an environment of granted packages.
pub(super) const INSTALL: &str = "/install";
/// Removes environments that nobody uses any more.
pub(super) const REMOVE_UNUSED: &str = "/remove_unused";
/// How the worker is.
pub(super) const STATUS: &str = "/status";
/// Its metrics.
pub(super) const METRICS: &str = "/metrics";
/// That the worker lives; without the key.
pub(super) const HEALTH: &str = "/health";
/// Largest request. Sources and arguments together are at most 4 MiB on the way in.
pub(super) const REQUEST_MAX: usize = 32 << 20;
/// Room for everything but result and output in the last line.
const LINE_BASE: usize = 4 << 20;
/// How much longer a JSON text can become when it is written anew (`1e9` → `1000000000.0`, a control character → `\u0001`).
const REWRITTEN: usize = 8;

/// One execution. Holds secrets: never `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    call_id: CallId,
    program: Arc<Program>,
    #[serde(default, skip_serializing_if = "Entry::is_main")]
    entry: Entry,
    arguments: Map<String, Value>,
    hosts: Arc<[HostRule]>,
    secrets: Vec<AskedSecret>,
    http_mocks: Option<Vec<HttpMock>>,
    limits: Limits,
    /// Whether the run may call other tools, by asking for it in [`Told::Tool`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tools: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedSecret {
    key: SecretKey,
    #[serde(serialize_with = "exposed")]
    value: SecretString,
    mode: SecretMode,
    hosts: Vec<HostRule>,
}

fn exposed<S: Serializer>(value: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.expose_secret())
}

impl Asked {
    /// An execution as bytes, and whether it may call other tools.
    pub(super) fn encode(execution: Execution, tools: bool) -> Result<Bytes, serde_json::Error> {
        let Execution { call_id, program, entry, arguments, hosts, secrets, http_mocks, limits } = execution;
        let secrets = secrets
            .into_iter()
            .map(|UnsealedSecret { key, value, mode, hosts }| AskedSecret { key, value, mode, hosts })
            .collect();
        serde_json::to_vec(&Self { call_id, program, entry, arguments, hosts, secrets, http_mocks, limits, tools })
            .map(Bytes::from)
    }

    /// And back.
    pub(super) fn decode(bytes: &[u8]) -> Result<(Execution, bool), serde_json::Error> {
        let Self { call_id, program, entry, arguments, hosts, secrets, http_mocks, limits, tools } =
            serde_json::from_slice(bytes)?;
        let secrets = secrets
            .into_iter()
            .map(|AskedSecret { key, value, mode, hosts }| UnsealedSecret { key, value, mode, hosts })
            .collect();
        Ok((Execution { call_id, program, entry, arguments, hosts, secrets, http_mocks, limits }, tools))
    }
}

/// One line of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// How far it is.
    Progress { done: f64, total: Option<f64>, message: Option<String> },
    /// A line for the client's log.
    Log { message: String },
    /// A script calls a tool; the answer goes to [`TOOL_RESULT`].
    Tool { id: u64, name: String, arguments: Map<String, Value> },
    /// A run asks the user of its client; the answer goes to [`TOOL_RESULT`] as well.
    Ask { id: u64, question: Value },
    /// The last one.
    Ended(Box<Ended>),
}

/// An outcome. The output is kept as text: JSON may be nested as deep as in a result that never travelled.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    result: Result<Box<RawValue>, Failure>,
    stdout: String,
    observed: Observed,
}

impl Told {
    /// The outcome as the last line.
    pub(super) fn ended(outcome: Outcome) -> Result<Self, serde_json::Error> {
        let Outcome { result, stdout, observed } = outcome;
        let result = match result {
            Ok(output) => Ok(serde_json::value::to_raw_value(&output)?),
            Err(failure) => Err(failure),
        };
        Ok(Self::Ended(Box::new(Ended { result, stdout, observed })))
    }

    /// The line, with its end.
    pub(super) fn line(&self) -> Result<Bytes, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line.into())
    }
}

impl Ended {
    /// The outcome of the last line.
    pub(super) fn outcome(self) -> Result<Outcome, serde_json::Error> {
        let result = match self.result {
            Ok(raw) => Ok(serde_json::from_str::<ToolOutput>(raw.get())?),
            Err(failure) => Err(failure),
        };
        Ok(Outcome { result, stdout: self.stdout, observed: self.observed })
    }
}

/// The longest line that an honest worker sends under these limits.
pub(super) fn line_max(limits: &Limits) -> usize {
    let bytes = usize::try_from(limits.result_bytes.saturating_add(limits.stdout_bytes)).unwrap_or(usize::MAX);
    bytes.saturating_mul(REWRITTEN).saturating_add(LINE_BASE)
}

/// What [`TOOL_RESULT`] brings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolResult {
    /// The script's run.
    pub(super) call_id: CallId,
    /// The `id` of its [`Told::Tool`].
    pub(super) id: u64,
    /// What came of it.
    pub(super) result: Result<Value, Failure>,
}

/// What [`RESOLVE`] and [`INSTALL`] answer: a value, or a sentence for a person.
pub(super) type Said<T> = Result<T, String>;

/// What [`INSTALL`] is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Install {
    pub(super) environment: LockedEnvironment,
    pub(super) lock: PackageLock,
}

/// What [`REMOVE_UNUSED`] is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveUnused {
    pub(super) wanted: BTreeSet<ContentHash>,
    pub(super) since: DateTime<Utc>,
}

/// How a worker is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WorkerStatus {
    /// [`PROTOCOL`].
    pub(super) protocol: String,
    /// Which MCPbox it is.
    pub(super) version: String,
    /// Whether it takes no new calls because it ends.
    pub(super) is_ending: bool,
    /// Its sandbox.
    pub(super) sandbox: SandboxStatus,
}

/// Why nothing was run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: RefusalCode,
    pub(super) message: String,
}

/// Sorts of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefusalCode {
    /// The key is missing or wrong.
    Key,
    /// Another protocol.
    Protocol,
    /// The worker ends.
    Ending,
    /// The request is too large.
    TooLarge,
    /// The request cannot be read.
    Malformed,
    /// No such door.
    NotFound,
}

impl RefusalCode {
    /// The word, for the metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Protocol => "protocol",
            Self::Ending => "ending",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::NotFound => "not_found",
        }
    }
}

/// Reads bytes as everything that travels between server and worker.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_anything(data: &[u8]) {
    if let Ok((execution, tools)) = Asked::decode(data) {
        let written = Asked::encode(execution, tools).unwrap_or_default();
        let again = Asked::decode(&written).and_then(|(execution, tools)| Asked::encode(execution, tools));
        assert_eq!(again.ok(), Some(written), "a request changes on the way");
    }
    for line in data.split(|byte| *byte == b'\n').take(100) {
        if let Ok(Told::Ended(ended)) = serde_json::from_slice(line) {
            let _outcome = ended.outcome();
        }
    }
    let _read = serde_json::from_slice::<ToolResult>(data).is_ok()
        | serde_json::from_slice::<Install>(data).is_ok()
        | serde_json::from_slice::<WorkerStatus>(data).is_ok()
        | serde_json::from_slice::<Refusal>(data).is_ok();
}
