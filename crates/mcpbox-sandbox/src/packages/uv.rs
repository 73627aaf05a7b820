//! The installer: `uv` from the path, or a pinned one installed into the runtime directory with pip.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{index, without_credentials};
use crate::runtime::{publish, short};

const LOCK: &str = include_str!("../../../../runner/uv.lock");
/// The oldest version that writes what is read here.
const MINIMUM: (u32, u32) = (0, 8);
/// Installing uv itself.
const INSTALL_TIMEOUT: Duration = Duration::from_secs(180);
/// Lines of a failed run that are kept.
const LINES_MAX: usize = 40;

/// A working `uv` and the environment it runs with.
#[derive(Debug, Clone)]
pub(crate) struct Uv {
    program: PathBuf,
    environment: index::Environment,
}

impl Uv {
    /// Finds it, or installs it.
    ///
    /// # Errors
    /// A sentence with the reason and what to do.
    pub(crate) async fn find(runtime: &Path, python: &Path) -> Result<Self, String> {
        let environment = index::environment(python).await;
        let mut hash = Sha256::new();
        hash.update(LOCK);
        let own = runtime.join(format!("uv-{}", short(hash)));
        let own_program = own.join("bin/uv");
        for program in candidates().chain([own_program.clone()]) {
            let uv = Self { program, environment: environment.clone() };
            if uv.is_new_enough().await {
                return Ok(uv);
            }
        }
        install(runtime, python, &own, &environment).await?;
        let uv = Self { program: own_program, environment };
        match uv.is_new_enough().await {
            true => Ok(uv),
            false => {
                Err(format!("{} does not work on this machine; install uv and put it into PATH", uv.program.display()))
            }
        }
    }

    async fn is_new_enough(&self) -> bool {
        if !self.program.is_file() {
            return false;
        }
        let run = self.run(Path::new("/"), Duration::from_secs(20), &["--version"], &|_| {});
        let Ok(text) = run.await else { return false };
        let mut numbers =
            text.split_whitespace().nth(1).unwrap_or_default().split('.').map(|part| part.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= MINIMUM
    }

    /// Runs it in `directory` and returns what it prints; `progress` hears what it says meanwhile.
    ///
    /// # Errors
    /// What it complained about, in one line.
    pub(super) async fn run(
        &self,
        directory: &Path,
        limit: Duration,
        arguments: &[&str],
        progress: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<String, String> {
        let no_index = index::is_without_index(&self.environment) && arguments.first() == Some(&"pip");
        let arguments: Vec<&str> = arguments.iter().copied().chain(no_index.then_some("--no-index")).collect();
        run(&self.program, directory, &self.environment, limit, &arguments, progress).await
    }

    /// The environment of programs that fetch from the same index.
    pub(super) fn environment(&self) -> &index::Environment {
        &self.environment
    }
}

fn candidates() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect();
    directories.into_iter().map(|directory| directory.join("uv")).filter(|program| program.is_file())
}

async fn install(runtime: &Path, python: &Path, target: &Path, environment: &index::Environment) -> Result<(), String> {
    let io = |error: std::io::Error| format!("uv cannot be written to {}: {error}", runtime.display());
    let building = tempfile::Builder::new().prefix(".uv-").tempdir_in(runtime).map_err(io)?;
    let lock = building.path().join("uv.lock");
    tokio::fs::write(&lock, LOCK).await.map_err(io)?;
    let (place, lock) = (building.path().join("uv").display().to_string(), lock.display().to_string());
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--no-compile",
        "--target",
        &place,
        "--requirement",
        &lock,
    ];
    let installed = run(python, building.path(), environment, INSTALL_TIMEOUT, &arguments, &|_| {}).await;
    installed.map_err(|reason| {
        format!("packages need uv, which is not in PATH and cannot be installed from the package index: {reason}. Install uv, or make pip and the index reachable")
    })?;
    let finished = tempfile::Builder::new().prefix(".uv-").tempdir_in(runtime).map_err(io)?;
    std::fs::rename(building.path().join("uv"), finished.path()).map_err(io)?;
    publish(finished, target).map_err(io)
}

/// Runs an installer. Ends it when the time is up or nobody waits any more.
#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
async fn run(
    program: &Path,
    directory: &Path,
    environment: &index::Environment,
    limit: Duration,
    arguments: &[&str],
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<String, String> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let said = async {
        let (text, complaint) = tokio::join!(read(stdout, &|_| {}), read(stderr, progress));
        (text, complaint, child.wait().await)
    };
    let Ok((text, complaint, status)) = tokio::time::timeout(limit, said).await else {
        return Err(format!("{name} did not finish within {} s", limit.as_secs()));
    };
    match status {
        Ok(status) if status.success() => Ok(text.join("\n")),
        Ok(status) => Err(explained(&complaint).unwrap_or_else(|| format!("{name} ended with {status}"))),
        Err(error) => Err(format!("{name} cannot be waited for: {error}")),
    }
}

async fn read(
    stream: Option<impl tokio::io::AsyncRead + Unpin>,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Vec<String> {
    let Some(stream) = stream else { return Vec::new() };
    let mut lines = BufReader::new(stream).lines();
    let mut kept = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        progress(line.trim());
        kept.push(line);
    }
    kept
}

/// A complaint of uv or pip as one sentence: its frame of lines is for terminals.
fn explained(lines: &[String]) -> Option<String> {
    let plain = |line: &String| {
        let text = line.trim().trim_start_matches(['×', '╰', '─', '▶', '│', '├', '┬', ' ']).trim();
        let text = text.strip_prefix("error: ").or_else(|| text.strip_prefix("ERROR: ")).unwrap_or(text);
        without_credentials(text)
    };
    let is_news =
        |line: &String| !line.is_empty() && !line.starts_with("Using CPython") && !line.starts_with("warning:");
    let said: Vec<String> = lines.iter().map(plain).filter(is_news).collect();
    let last = said.get(said.len().saturating_sub(LINES_MAX)..).unwrap_or_default();
    (!last.is_empty()).then(|| last.join(" ").chars().take(2000).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_becomes_one_sentence() {
        let lines = [
            "Using CPython 3.13.0 interpreter at: /usr/bin/python3",
            "  × No solution found when resolving dependencies:",
            "  ╰─▶ Because nosuch was not found in the package registry and you require",
            "      nosuch, we can conclude that your requirements are unsatisfiable.",
        ]
        .map(str::to_owned);
        let expected = "No solution found when resolving dependencies: Because nosuch was not found in the package registry \
                        and you require nosuch, we can conclude that your requirements are unsatisfiable.";
        assert_eq!(explained(&lines).as_deref(), Some(expected));
        assert_eq!(explained(&[]), None);
    }
}
