//! Why the sandbox cannot start. Each sentence says what to do.

use std::{io, path::PathBuf};

use mcpbox_jail::{JailError, Layer};

/// Why the sandbox, or a part of it, cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No interpreter.
    #[error("No Python interpreter was found. Install Python 3.11 or newer, or name one with --python (MCPBOX_PYTHON)")]
    PythonMissing,
    /// The interpreter is too old.
    #[error(
        "{path} is Python {version}; 3.11 or newer is needed. Install one, or name another with --python (MCPBOX_PYTHON)"
    )]
    PythonTooOld {
        /// The interpreter.
        path: PathBuf,
        /// What it is.
        version: String,
    },
    /// The interpreter does not work.
    #[error("{path} cannot be used as Python interpreter: {reason}. Name another with --python (MCPBOX_PYTHON)")]
    PythonBroken {
        /// The interpreter.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// A file of the runtime could not be written or read.
    #[error(
        "The sandbox's runtime cannot be prepared at {path}. Check that the data directory is writable and has 200 MB free"
    )]
    Runtime {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A layer of the jail cannot be had.
    #[error("The sandbox cannot make a jail: {0}")]
    Jail(#[from] JailError),
    /// Too few layers for any tier.
    #[error("The sandbox refuses to start: {}", refusal(missing, *is_root))]
    Refused {
        /// What is missing, in the order found.
        missing: Vec<JailError>,
        /// Root has no tier without namespaces.
        is_root: bool,
    },
    /// A hostile probe succeeded.
    #[error(
        "The sandbox refuses to start: a probe that must fail did not: {0}. Run 'mcpbox doctor' for the whole picture"
    )]
    Leaks(String),
    /// The certificate authorities cannot be handed to packages.
    #[error("The certificate authorities cannot be read: {0}")]
    Authorities(#[from] mcpbox_egress::EgressError),
    /// Installed packages are not what was installed.
    #[error("{0}")]
    Packages(String),
    /// The zygote ended or does not answer.
    #[error("The sandbox's Python process does not start: {0}")]
    Zygote(String),
}

impl SandboxError {
    pub(crate) fn runtime(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Runtime { path, source }
    }
}

fn refusal(missing: &[JailError], is_root: bool) -> String {
    let mut text: Vec<String> = missing.iter().map(ToString::to_string).collect();
    text.push(advice(missing, is_root).to_owned());
    text.push("'mcpbox doctor' shows every layer".to_owned());
    text.join(". ")
}

/// What there is to do besides mending what is missing.
pub(crate) fn advice(missing: &[JailError], is_root: bool) -> &'static str {
    if is_root && missing.iter().any(|error| matches!(error.layer, Layer::Namespaces | Layer::Root)) {
        return "Or run mcpbox as a user other than root, who may do without namespaces. For tools that you trust, \
                --insecure-no-sandbox starts all the same";
    }
    "For tools that you trust, --insecure-no-sandbox starts all the same"
}
