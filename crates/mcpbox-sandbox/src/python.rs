//! The host's interpreter: finding one that is new enough, and asking it what it consists of.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde::Deserialize;

use crate::error::SandboxError;

/// The oldest Python that works.
const MINIMUM: (u32, u32) = (3, 11);
/// Looked for in the path, in this order.
const NAMES: [&str; 5] = ["python3", "python3.13", "python3.12", "python3.11", "python"];

/// Asks an interpreter what it consists of.
pub(crate) const PARTS: &str = include_str!("python/parts.py");

/// An interpreter of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The program.
    pub path: PathBuf,
    /// `3.13.1`.
    pub version: String,
}

/// What an interpreter consists of.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Parts {
    /// `3.13.1`.
    pub(crate) version: String,
    /// The interpreter's file, links resolved, virtual environments left behind.
    pub(crate) executable: PathBuf,
    /// Its standard library.
    pub(crate) stdlib: PathBuf,
    /// Where the standard library lies below the prefix: `lib/python3.13`.
    pub(crate) stdlib_below_prefix: PathBuf,
    /// Compiled modules, when they lie outside the standard library.
    pub(crate) dynload: PathBuf,
    /// Shared libraries that the interpreter and its modules load: (name asked for, file).
    pub(crate) libraries: Vec<(String, PathBuf)>,
    /// The loader that the executable names.
    pub(crate) loader: Option<PathBuf>,
}

/// Finds the interpreter: the configured one, or the first that is new enough in the path.
///
/// # Errors
/// [`SandboxError::PythonMissing`], [`SandboxError::PythonTooOld`] or [`SandboxError::PythonBroken`].
pub fn find_python(configured: Option<&Path>) -> Result<Python, SandboxError> {
    if let Some(path) = configured {
        return check(path);
    }
    let mut best = SandboxError::PythonMissing;
    for path in candidates() {
        match check(&path) {
            Ok(python) => return Ok(python),
            Err(error) if matches!(best, SandboxError::PythonMissing) => best = error,
            Err(_) => {}
        }
    }
    Err(best)
}

fn candidates() -> impl Iterator<Item = PathBuf> {
    let directories: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    NAMES
        .into_iter()
        .flat_map(move |name| directories.clone().into_iter().map(move |directory| directory.join(name)))
        .filter(|path| path.is_file())
}

fn check(path: &Path) -> Result<Python, SandboxError> {
    let text = ask(path, "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.executable)")?;
    let (version, executable) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < MINIMUM {
        return Err(SandboxError::PythonTooOld { path: path.to_owned(), version: version.to_owned() });
    }
    let path = if executable.is_empty() { path.to_owned() } else { PathBuf::from(executable) };
    Ok(Python { path, version: version.to_owned() })
}

impl Python {
    /// What it consists of.
    pub(crate) fn parts(&self) -> Result<Parts, SandboxError> {
        let text = ask(&self.path, PARTS)?;
        serde_json::from_str(&text)
            .map_err(|error| SandboxError::PythonBroken { path: self.path.clone(), reason: error.to_string() })
    }
}

/// Runs a few lines isolated from the user's environment and returns what they print.
fn ask(path: &Path, code: &str) -> Result<String, SandboxError> {
    let broken = |reason: String| SandboxError::PythonBroken { path: path.to_owned(), reason };
    let Output { status, stdout, stderr } = run(path, code).map_err(|error| broken(error.to_string()))?;
    if !status.success() {
        let text = String::from_utf8_lossy(&stderr);
        return Err(broken(text.lines().last().unwrap_or("it ended with an error").to_owned()));
    }
    String::from_utf8(stdout).map_err(|error| broken(error.to_string()))
}

#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
fn run(path: &Path, code: &str) -> std::io::Result<Output> {
    std::process::Command::new(path).args(["-I", "-S", "-B", "-c", code]).stdin(Stdio::null()).output()
}
