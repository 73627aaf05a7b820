//! A lock → a directory. Built aside, checked by hash, renamed when complete; the manifest lies beside it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use mcpbox_core::{hash::ContentHash, package::PackageLock};
use sha2::{Digest, Sha256};

use super::{Manifest, Uv};
use crate::{
    python::Python,
    runtime::{open_up, publish, short},
};

/// Downloading and compiling.
const TIMEOUT: Duration = Duration::from_secs(900);

/// An environment on disk.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    /// Mounted at `/site`.
    pub(crate) site: PathBuf,
    /// Its manifest.
    pub(crate) manifest: PathBuf,
}

impl Installed {
    /// Where the environment of a lock lies, whether or not it exists.
    pub(crate) fn at(runtime: &Path, python: &Python, lock: &ContentHash) -> Self {
        let mut hash = Sha256::new();
        hash.update(lock.as_str());
        let minor = python.version.rsplit_once('.').map_or(python.version.as_str(), |(minor, _)| minor);
        Self::in_place(runtime.join(format!("env-{}-{minor}", short(hash))))
    }

    /// The environment in this directory, whether or not it exists.
    pub(crate) fn in_place(site: PathBuf) -> Self {
        Self { manifest: beside(&site, ".manifest"), site }
    }

    /// The file whose time says when it was last used.
    pub(crate) fn used(&self) -> PathBuf {
        beside(&self.site, ".used")
    }

    /// Notes that it is used now.
    pub(crate) fn note_use(&self) -> std::io::Result<()> {
        fs::write(self.used(), "")
    }

    /// Its name, for the metrics: `env-0123456789abcdef-3.13`.
    pub(crate) fn name(&self) -> String {
        self.site.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Checks every file, and gives the modules to load.
    ///
    /// # Errors
    /// A sentence with the file that is not what was installed, and what to do.
    pub(crate) fn check(&self) -> Result<Vec<String>, String> {
        let tampered = |reason: String| {
            tracing::error!(
                reason,
                directory = %self.site.display(),
                "installed packages are not what was approved: find out who changed them, then delete the directory and restart MCPbox, which installs them again"
            );
            format!("the installed packages are not what was approved: {reason}")
        };
        let manifest = Manifest::read(&self.manifest)
            .map_err(|error| tampered(format!("their manifest cannot be read ({error})")))?;
        if let Some(renewed) = manifest.check(&self.site).map_err(tampered)?
            && let Err(error) = renewed.write(&self.manifest)
        {
            tracing::warn!(%error, "the manifest of an environment cannot be written; each check reads all files");
        }
        Ok(manifest.modules)
    }
}

fn beside(site: &Path, suffix: &str) -> PathBuf {
    let mut name = site.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}

/// Installs the environment of a lock, unless it is there.
///
/// # Errors
/// A sentence with the reason: the index is not reachable, a wheel is gone or is not what the lock names.
pub(crate) async fn install(
    uv: &Uv,
    python: &Python,
    runtime: &Path,
    lock: &PackageLock,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<Installed, String> {
    let target = Installed::at(runtime, python, &lock.hash);
    if target.site.is_dir() {
        return Ok(target);
    }
    if !lock.is_sound() {
        return Err("the stored lock is not what was approved; look at the database, or restore a backup".to_owned());
    }
    let io = |error: std::io::Error| format!("packages cannot be written to {}: {error}", runtime.display());
    let room = tempfile::Builder::new().prefix(".install-").tempdir_in(runtime).map_err(io)?;
    fs::write(room.path().join("packages.lock"), &lock.text).map_err(io)?;
    let building = tempfile::Builder::new().prefix(".env-").tempdir_in(runtime).map_err(io)?;
    let (interpreter, place) = (python.path.display().to_string(), building.path().display().to_string());
    let arguments = [
        "pip",
        "install",
        "--requirement",
        "packages.lock",
        "--target",
        &place,
        "--python",
        &interpreter,
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--no-deps",
        "--compile-bytecode",
        "--link-mode",
        "copy",
        "--cache-dir",
        "cache",
        "--no-progress",
        "--color",
        "never",
    ];
    uv.run(room.path(), TIMEOUT, &arguments, progress).await.map_err(|reason| {
        format!("the approved packages cannot be installed: {reason}. Check that the package index is reachable and still has exactly these files; it is tried again at the next start")
    })?;
    progress("Checking the files");
    let (roots, names) = (lock.roots.clone(), target.clone());
    let finish = move || {
        let _ = fs::remove_dir_all(building.path().join("bin"));
        open_up(building.path())?;
        let modules = modules(building.path(), &roots)?;
        // The manifest first: an environment whose manifest is missing was tampered with.
        Manifest::of(building.path(), modules)?.write(&names.manifest)?;
        publish(building, &names.site)
    };
    tokio::task::spawn_blocking(finish).await.map_err(|error| error.to_string())?.map_err(io)?;
    Ok(target)
}

/// Top-level modules of the distributions with these names, from the lists of their files.
fn modules(site: &Path, roots: &[String]) -> std::io::Result<Vec<String>> {
    let mut modules = BTreeSet::new();
    for entry in fs::read_dir(site)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(distribution) = name.strip_suffix(".dist-info").and_then(|name| name.rsplit_once('-')) else {
            continue;
        };
        let normal = distribution.0.to_ascii_lowercase().replace(['_', '.'], "-");
        if !roots.contains(&normal) {
            continue;
        }
        let record = fs::read_to_string(site.join(&name).join("RECORD"))?;
        modules.extend(record.lines().filter_map(top_level_module));
    }
    Ok(modules.into_iter().collect())
}

/// `pandas/__init__.py,sha256=…` → `pandas`; `six.py,…` → `six`. Private helpers are loaded by those who need them.
fn top_level_module(line: &str) -> Option<String> {
    let path = line.split(',').next()?;
    let module = match path.split_once('/') {
        Some((package, "__init__.py")) => package,
        Some(_) => return None,
        None => path.strip_suffix(".py")?,
    };
    let is_name = module.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !module.starts_with('_');
    is_name.then(|| module.to_owned())
}

#[cfg(test)]
mod tests {
    use super::top_level_module;

    #[test]
    fn modules_are_found_in_the_list_of_files() {
        let cases = [
            ("pandas/__init__.py,sha256=x,1", Some("pandas")),
            ("pandas/io/__init__.py,sha256=x,1", None),
            ("six.py,sha256=x,1", Some("six")),
            ("_yaml/__init__.py,sha256=x,1", None),
            ("pandas-3.dist-info/METADATA,x,1", None),
            ("../../bin/tool,x,1", None),
        ];
        for (line, module) in cases {
            assert_eq!(top_level_module(line).as_deref(), module, "{line}");
        }
    }
}
