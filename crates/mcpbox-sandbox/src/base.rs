//! The base environment: the packages of `runner/requirements.lock`, installed once per lock and Python version. Tools that need
//! only the standard library do not wait for it; a failure is reported and tried again at the next start.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use sha2::{Digest, Sha256};

use crate::{
    python::Python,
    runtime::{open_up, publish, short},
};

const LOCK: &str = include_str!("../../../runner/requirements.lock");

/// What tools are promised besides the standard library; environments of granted packages have it too.
pub(crate) const DIRECT: [&str; 3] = ["httpx", "regex", "tzdata"];

/// The one package whose exact version counts for the runner: it is made to speak through the supervisor.
pub(crate) fn http_client_pin() -> String {
    pins().filter(|(name, _)| *name == "httpx").map(|(name, version)| format!("{name}=={version}\n")).collect()
}

/// The names of all base packages.
pub(crate) fn names() -> BTreeSet<&'static str> {
    pins().map(|(name, _)| name).collect()
}

fn pins() -> impl Iterator<Item = (&'static str, &'static str)> {
    LOCK.lines().filter_map(|line| line.trim_end_matches([' ', '\\']).split_once("=="))
}

/// Where the environment of this lock and Python version lies, whether or not it exists.
pub(crate) fn path(runtime: &Path, python: &Python) -> PathBuf {
    let mut hash = Sha256::new();
    hash.update(LOCK);
    let minor = python.version.rsplit_once('.').map_or(python.version.as_str(), |(minor, _)| minor);
    runtime.join(format!("base-{}-{minor}", short(hash)))
}

/// Installs the environment. Blocking, up to minutes.
///
/// # Errors
/// A sentence with the reason and what to do.
pub(crate) fn install(runtime: &Path, python: &Python) -> Result<PathBuf, String> {
    let target = path(runtime, python);
    if target.is_dir() {
        return Ok(target);
    }
    let io = |error: std::io::Error| format!("the base packages cannot be written to {}: {error}", runtime.display());
    let building = tempfile::Builder::new().prefix(".base-").tempdir_in(runtime).map_err(io)?;
    let lock = building.path().with_extension("lock");
    fs::write(&lock, LOCK).map_err(io)?;
    // The wheels that came along need no network; they are asked first, so that an index that is out of reach costs no time.
    let along = std::env::var_os("PIP_FIND_LINKS").is_some_and(|places| !places.is_empty());
    let installed = match along.then(|| run_pip(&python.path, &lock, building.path(), &["--no-index"])) {
        Some(Ok(())) => Ok(()),
        _ => run_pip(&python.path, &lock, building.path(), &[]),
    };
    let _ = fs::remove_file(&lock);
    installed?;
    let _ = fs::remove_dir_all(building.path().join("bin"));
    open_up(building.path()).map_err(io)?;
    publish(building, &target).map_err(io)?;
    Ok(target)
}

#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
fn run_pip(python: &Path, lock: &Path, target: &Path, further: &[&str]) -> Result<(), String> {
    let fixed = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
        "--no-deps",
    ];
    let output = std::process::Command::new(python)
        .args(fixed)
        .args(further)
        .args(["--only-binary", ":all:", "--compile", "--target"])
        .arg(target)
        .arg("--requirement")
        .arg(lock)
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(Output { status, .. }) if status.success() => Ok(()),
        Ok(Output { stderr, .. }) => Err(explain(&String::from_utf8_lossy(&stderr))),
        Err(error) => Err(format!("{} cannot be started: {error}", python.display())),
    }
}

fn explain(stderr: &str) -> String {
    if stderr.contains("No module named pip") {
        return "the base packages (httpx …) cannot be installed because this Python has no pip; install it (Debian: python3-pip) and restart"
            .to_owned();
    }
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("pip ended with an error");
    format!(
        "the base packages (httpx …) cannot be installed: {last}. Tools without http work; it is tried again at the next start"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_names_what_every_environment_has() {
        assert!(DIRECT.iter().all(|name| names().contains(name)), "{:?}", names());
        assert!(http_client_pin().starts_with("httpx==0.") && http_client_pin().ends_with('\n'));
    }
}
