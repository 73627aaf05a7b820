//! Requirements → exact wheels with hashes, and what is known of each.

use std::{collections::BTreeSet, path::Path, time::Duration};

use mcpbox_core::{
    execute::Resolved,
    package::{PackageLock, PackageOrigin, PackageRule, Requirements, ResolvedPackage, VulnerabilityCheck},
};
use serde::Deserialize;

use super::{Osv, Uv, metadata, without_credentials};
use crate::base;

/// One run of the resolver.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Packages of one environment.
const PACKAGES_MAX: usize = 300;
/// Bytes of a lock.
const LOCK_MAX: usize = 4 << 20;

/// What `uv pip compile --format pylock.toml` writes, as far as it is read here.
#[derive(Debug, Deserialize)]
struct Pylock {
    #[serde(default)]
    packages: Vec<Pinned>,
}

#[derive(Debug, Deserialize)]
struct Pinned {
    name: String,
    version: String,
    #[serde(default)]
    wheels: Vec<Wheel>,
}

#[derive(Debug, Deserialize)]
struct Wheel {
    url: Option<String>,
    path: Option<String>,
    size: Option<u64>,
}

impl Pinned {
    /// Where its wheel is.
    fn place(&self) -> Option<String> {
        let wheel = self.wheels.first()?;
        wheel.url.clone().or_else(|| wheel.path.clone())
    }
}

/// Asks the index of this machine. Nothing is installed.
///
/// # Errors
/// A sentence with the reason.
pub(crate) async fn resolve(
    uv: &Uv,
    python: &Path,
    runtime: &Path,
    osv: &Osv,
    requirements: &Requirements,
) -> Result<Resolved, String> {
    let roots = roots(requirements)?;
    let io = |error: std::io::Error| format!("{} cannot be written: {error}", runtime.display());
    let room = tempfile::Builder::new().prefix(".resolve-").tempdir_in(runtime).map_err(io)?;
    let wanted: Vec<&str> = requirements.iter().map(String::as_str).chain(base::DIRECT).collect();
    std::fs::write(room.path().join("wanted.in"), wanted.join("\n") + "\n").map_err(io)?;
    std::fs::write(room.path().join("base.in"), base::http_client_pin()).map_err(io)?;

    let compile = async |output: &[&str]| {
        let python = python.display().to_string();
        let fixed =
            ["pip", "compile", "wanted.in", "--constraint", "base.in", "--python", &python, "--only-binary", ":all:"];
        let quiet =
            ["--no-header", "--no-annotate", "--no-progress", "--color", "never", "--cache-dir", "cache", "--quiet"];
        let arguments: Vec<&str> = fixed.into_iter().chain(quiet).chain(output.iter().copied()).collect();
        uv.run(room.path(), TIMEOUT, &arguments, &|_| {}).await
    };
    let pinned = compile(&["--format", "pylock.toml"]).await?;
    let pinned: Pylock =
        toml::from_str(&pinned).map_err(|error| format!("the resolver's answer cannot be read: {error}"))?;
    if pinned.packages.len() > PACKAGES_MAX {
        return Err(format!(
            "{} packages would be installed; at most {PACKAGES_MAX} are allowed",
            pinned.packages.len()
        ));
    }
    // The same versions again, now with the hashes for every platform: another machine may install by this lock.
    let versions: Vec<String> = pinned.packages.iter().map(|pin| format!("{}=={}\n", pin.name, pin.version)).collect();
    std::fs::write(room.path().join("base.in"), versions.concat()).map_err(io)?;
    let lock = compile(&["--generate-hashes"]).await? + "\n";
    if lock.len() > LOCK_MAX {
        return Err("the lock is too long; ask for fewer packages".to_owned());
    }
    let packages = described(uv, python, osv, &roots, pinned.packages).await;
    Ok(Resolved { lock: PackageLock::new(lock, roots.into_iter().collect()), packages })
}

/// The names that were asked for. Everything that reaches the resolver passes here.
fn roots(requirements: &Requirements) -> Result<BTreeSet<String>, String> {
    let parsed = requirements.iter().map(|text| PackageRule::parse(text).map(|rule| rule.name));
    parsed.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

async fn described(
    uv: &Uv,
    python: &Path,
    osv: &Osv,
    roots: &BTreeSet<String>,
    pinned: Vec<Pinned>,
) -> Vec<ResolvedPackage> {
    let wheels: Vec<String> = pinned.iter().filter_map(Pinned::place).collect();
    let names: Vec<(&str, &str)> = pinned.iter().map(|pin| (pin.name.as_str(), pin.version.as_str())).collect();
    let (mut about, checks) = tokio::join!(metadata::about(uv, python, &wheels), osv.check(&names));
    let base = base::names();
    let mut checks = checks.into_iter();
    let package = |pin: Pinned| {
        let known = pin.place().and_then(|place| about.remove(&place)).unwrap_or_default();
        let size = pin.wheels.first().and_then(|wheel| wheel.size);
        ResolvedPackage {
            origin: match () {
                () if roots.contains(&pin.name) => PackageOrigin::Requested,
                () if base.contains(pin.name.as_str()) => PackageOrigin::Base,
                () => PackageOrigin::Dependency,
            },
            size_bytes: size.or(known.size_bytes),
            license: known.license,
            summary: known.summary.map(|summary| without_credentials(&summary)),
            vulnerabilities: checks
                .next()
                .unwrap_or_else(|| VulnerabilityCheck::NotChecked { reason: "no answer".to_owned() }),
            name: pin.name,
            version: pin.version,
        }
    };
    pinned.into_iter().map(package).collect()
}
