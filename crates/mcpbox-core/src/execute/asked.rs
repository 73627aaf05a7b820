//! What a sandbox is asked to run.

use std::{collections::BTreeSet, sync::Arc};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    capability::HostRule,
    hash::ContentHash,
    ids::CallId,
    name::SecretKey,
    secret::SecretMode,
    server::{CodePolicy, Limits},
};

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
