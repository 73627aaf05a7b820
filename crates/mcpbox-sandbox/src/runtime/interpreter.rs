//! A private copy of the interpreter. A copy, because then a jail needs one mount instead of thirty, shows nothing else of the
//! host (site-packages, a home directory in a path), and an upgrade of the host's Python cannot pull files from under a zygote.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    copy::{copy_file, copy_tree, open_up},
    publish, short,
};
use crate::{
    error::SandboxError,
    python::{PARTS, Parts, Python},
};

/// Parts of the standard library that no tool can use.
const LEFT_OUT: [&str; 11] = [
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
    "venv",
    "pydoc_data",
];

/// The copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interpreter {
    /// `3.13.1`.
    pub(crate) version: String,
    /// Where it lies; mounted at `/python`.
    pub(crate) directory: PathBuf,
    /// The absolute path at which the executable expects its loader.
    pub(crate) loader: Option<PathBuf>,
    /// What it was copied from, with size and time: when one changes, the copy is made anew.
    sources: Vec<(PathBuf, u64, i64)>,
}

impl Interpreter {
    /// The copy of `python`, made when it is missing or out of date.
    pub(super) fn prepare(directory: &Path, python: &Python, progress: &dyn Fn(&str)) -> Result<Self, SandboxError> {
        let mut hash = Sha256::new();
        hash.update(python.path.as_os_str().as_encoded_bytes());
        hash.update(PARTS);
        let index = directory.join(format!("python-{}.json", short(hash)));
        if let Some(known) = Self::known(&index) {
            return Ok(known);
        }
        progress(&format!("Preparing Python {} for the sandbox", python.version));
        let made = Self::make(directory, &python.parts()?, &python.path)?;
        let text = serde_json::to_vec(&made).unwrap_or_default();
        fs::write(&index, text).map_err(SandboxError::runtime(&index))?;
        Ok(made)
    }

    fn known(index: &Path) -> Option<Self> {
        let known: Self = serde_json::from_slice(&fs::read(index).ok()?).ok()?;
        // Not one that a copied data directory still names at its old place.
        let is_ours = known.directory.parent() == index.parent();
        let unchanged = known.sources.iter().all(|source| stamp(&source.0).as_ref() == Some(source));
        (is_ours && unchanged && known.directory.is_dir()).then_some(known)
    }

    fn make(directory: &Path, parts: &Parts, program: &Path) -> Result<Self, SandboxError> {
        let sources: Vec<_> = [&parts.executable, &parts.stdlib.join("os.py")]
            .into_iter()
            .chain(parts.libraries.iter().map(|(_, path)| path))
            .filter_map(|path| stamp(path))
            .collect();
        let mut hash = Sha256::new();
        hash.update(format!("{sources:?} {}", parts.version));
        let target = directory.join(format!("python-{}", short(hash)));
        if !target.is_dir() {
            let building = tempfile::Builder::new()
                .prefix(".python-")
                .tempdir_in(directory)
                .map_err(SandboxError::runtime(&target))?;
            fill(building.path(), parts).map_err(SandboxError::runtime(&target))?;
            let stdlib = building.path().join(&parts.stdlib_below_prefix);
            if !stdlib.join("__pycache__").is_dir() {
                compile_all(program, &stdlib)?;
            }
            open_up(building.path()).map_err(SandboxError::runtime(&target))?;
            publish(building, &target).map_err(SandboxError::runtime(&target))?;
        }
        Ok(Self { version: parts.version.clone(), directory: target, loader: parts.loader.clone(), sources })
    }
}

fn stamp(path: &Path) -> Option<(PathBuf, u64, i64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((path.to_owned(), metadata.len(), metadata.mtime()))
}

fn fill(to: &Path, parts: &Parts) -> std::io::Result<()> {
    copy_file(&parts.executable, &to.join("bin/python3"))?;
    let stdlib = to.join(&parts.stdlib_below_prefix);
    copy_tree(&parts.stdlib, &stdlib, &is_wanted)?;
    if parts.dynload.is_dir() && !parts.dynload.starts_with(&parts.stdlib) {
        copy_tree(&parts.dynload, &stdlib.join("lib-dynload"), &is_wanted)?;
    }
    let libs = to.join("libs");
    for (name, path) in &parts.libraries {
        copy_file(path, &libs.join(name))?;
    }
    if let Some((loader, name)) = parts.loader.as_ref().and_then(|loader| Some((loader, loader.file_name()?))) {
        copy_file(loader, &libs.join(name))?;
    }
    Ok(())
}

fn is_wanted(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_other_bytecode = name.ends_with(".opt-1.pyc") || name.ends_with(".opt-2.pyc");
    !LEFT_OUT.contains(&name) && !name.starts_with("config-") && !name.ends_with(".a") && !is_other_bytecode
}

/// Compiles a tree of sources with the host's interpreter. Sources that do not compile (there are such in test data) are skipped.
#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
pub(super) fn compile_all(python: &Path, directory: &Path) -> Result<(), SandboxError> {
    let status = std::process::Command::new(python)
        .args(["-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"])
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.map(drop).map_err(SandboxError::runtime(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_data_directory_makes_a_copy_of_its_own() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let directory = old.path().join("python-1");
        fs::create_dir(&directory).unwrap();
        let made = Interpreter { version: "3.13.1".into(), directory, loader: None, sources: Vec::new() };
        for place in [&old, &new] {
            fs::write(place.path().join("python.json"), serde_json::to_vec(&made).unwrap()).unwrap();
        }
        assert_eq!(Interpreter::known(&old.path().join("python.json")), Some(made));
        assert_eq!(Interpreter::known(&new.path().join("python.json")), None);
    }
}
