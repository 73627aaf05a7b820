//! A version made ready to run: its hash checked against what was approved, its schemas compiled, and what only the
//! source tells. Done once a version; versions never change.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use jsonschema::Validator;
use mcpbox_analysis::{Analysis, Fingerprint, ImportStatus};
use mcpbox_core::{
    package::PackageRule,
    server::CodePolicy,
    version::{Version, VersionState},
};
use serde_json::{Map, Value};

use crate::{
    offers::Offers,
    source::{self, Pinned},
    validate,
};

/// A version that may run.
pub(crate) struct Compiled {
    pub(crate) version: Version,
    pub(crate) input_schema: Arc<Map<String, Value>>,
    pub(crate) output_schema: Option<Arc<Map<String, Value>>>,
    pub(crate) arguments: Validator,
    pub(crate) result: Option<Validator>,
    pub(crate) wraps_result: bool,
    /// Its prompts and resources.
    pub(crate) offers: Offers,
    /// What it calls on another server; none for one of Python.
    pub(crate) pinned: Option<Arc<Pinned>>,
    pub(crate) uses_http: bool,
    /// Modules that the source imports.
    pub(crate) imports: BTreeSet<String>,
    /// Top-level modules that are imported, with the package each belongs to.
    pub(crate) packages: Vec<(String, String)>,
    fingerprint: OnceLock<Fingerprint>,
}

/// Why a version must not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsound {
    /// Its content is not what its hash names.
    #[error("its content is not what was approved")]
    Hash,
    /// It is live, but nobody approved it.
    #[error("its live version was never approved")]
    NotApproved,
    /// What it calls on another server cannot be read.
    #[error("the definition that it pins cannot be read: {0}")]
    Definition(String),
    /// One of its schemas cannot be used.
    #[error("its {0} schema cannot be used: {1}")]
    Schema(&'static str, String),
}

impl Compiled {
    /// Makes a version ready that calls run.
    pub(crate) fn live(version: Version) -> Result<Self, Unsound> {
        if version.state != VersionState::Approved {
            return Err(Unsound::NotApproved);
        }
        Self::any(version)
    }

    /// Makes any version ready, for a test run.
    pub(crate) fn any(version: Version) -> Result<Self, Unsound> {
        if version.content.hash() != version.content_hash {
            return Err(Unsound::Hash);
        }
        let content = &version.content;
        let input = &content.input_schema;
        let arguments = validate::compile(input).map_err(|error| Unsound::Schema("input", error))?;
        let output = content.output_schema.as_ref();
        let result = output.map(validate::compile).transpose().map_err(|error| Unsound::Schema("output", error))?;
        let pinned = Pinned::of(content).transpose().map_err(Unsound::Definition)?.map(Arc::new);
        // The policy changes findings, not the facts that are wanted here.
        let analysis = source::analyze(content, CodePolicy::Standard);
        let offers = Offers::of(&analysis).map_err(|error| Unsound::Schema("prompt or resource", error))?;
        Ok(Self {
            offers,
            input_schema: Arc::new(input.as_object().cloned().unwrap_or_default()),
            output_schema: output.and_then(Value::as_object).cloned().map(Arc::new),
            wraps_result: result.is_some() && analysis.wraps_result,
            pinned,
            uses_http: analysis.uses_http,
            imports: analysis.imports.iter().map(|import| import.module.clone()).collect(),
            packages: packages(&analysis),
            fingerprint: OnceLock::new(),
            arguments,
            result,
            version,
        })
    }

    /// What the code looks like, made when it is first compared.
    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| Fingerprint::of(&self.version.content.code))
    }

    /// The structured result that clients get for what `main` returned.
    pub(crate) fn structured(&self, value: &Value) -> Option<Map<String, Value>> {
        match value {
            _ if self.wraps_result => Some(Map::from_iter([("result".to_owned(), value.clone())])),
            Value::Object(map) => Some(map.clone()),
            _ => None,
        }
    }
}

fn packages(analysis: &Analysis) -> Vec<(String, String)> {
    let foreign = analysis.imports.iter().filter(|import| import.status == ImportStatus::Package);
    let top = |module: &str| module.split('.').next().unwrap_or(module).to_owned();
    let package = |module: &str| PackageRule::named(mcpbox_analysis::distribution(module)).name;
    foreign.map(|import| (top(&import.module), package(&import.module))).collect()
}
