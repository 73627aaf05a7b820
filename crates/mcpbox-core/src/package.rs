//! Packages: what may be asked for, what an index made of it, and the lock by which exactly that is installed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::hash::ContentHash;

/// Longest name or version requirement.
const TEXT_MAX_BYTES: usize = 100;

/// A package of the package index that a tool may use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageRule {
    /// Distribution name in its normal form: lower case, parts joined by `-`.
    pub name: String,
    /// Which versions: `>=2,<3`; none for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The package that imports ask for by themselves and this one takes the place of (`opencv-python`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provides: Option<String>,
    /// Whether it may speak HTTP by itself, through the proxy of the jail, to hosts that are granted to the tool.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
}

/// Why a text names no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no package: {rule}")]
pub struct PackageRuleError {
    text: String,
    rule: &'static str,
}

impl PackageRule {
    /// Parses `name` or `name` with a version requirement (`pandas>=2,<3`). URLs, paths, extras and markers are refused.
    ///
    /// # Errors
    /// [`PackageRuleError`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, PackageRuleError> {
        let fail = |rule| PackageRuleError { text: text.chars().take(80).collect(), rule };
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if compact.len() > TEXT_MAX_BYTES {
            return Err(fail("it is too long"));
        }
        if compact.contains(['@', '/', '[', ';', ':', '\\']) {
            return Err(fail("give a plain name of the package index, without URL, path, extras or markers"));
        }
        let end = compact.find(['<', '>', '=', '!', '~']).unwrap_or(compact.len());
        let (name, version) = compact.split_at(end);
        let name = normal_name(name).ok_or_else(|| fail("a name is letters, digits, '-', '_' and '.'"))?;
        if !version.is_empty() && !version.split(',').all(is_clause) {
            return Err(fail("write versions as >=2,<3 or ==2.1.0"));
        }
        let version = (!version.is_empty()).then(|| version.to_owned());
        Ok(Self { name, version, provides: None, network: false })
    }

    /// The package of this name in any version, without a network of its own.
    pub fn named(name: &str) -> Self {
        let name = normal_name(name).unwrap_or_else(|| name.to_owned());
        Self { name, version: None, provides: None, network: false }
    }

    /// As an installer reads it: `pandas>=2,<3`.
    pub fn requirement(&self) -> String {
        format!("{}{}", self.name, self.version.as_deref().unwrap_or_default())
    }

    /// Whether the import that needs `package` is served by this one.
    pub fn serves(&self, package: &str) -> bool {
        self.name == package || self.provides.as_deref() == Some(package)
    }

    /// Whether a grant of `self` is enough for the need `other`.
    pub fn covers(&self, other: &Self) -> bool {
        let serves = self.name == other.name || (other.provides.is_none() && self.serves(&other.name));
        serves
            && (other.version.is_none() || self.version == other.version)
            && (self.network || !other.network)
            && (other.provides.is_none() || self.provides == other.provides)
    }
}

impl std::fmt::Display for PackageRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.requirement())?;
        if self.network {
            f.write_str(" with network")?;
        }
        Ok(())
    }
}

/// The normal form of a distribution name; none when it is no name.
fn normal_name(text: &str) -> Option<String> {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let parts = text.split(['-', '_', '.']).filter(|part| !part.is_empty());
    fits.then(|| parts.collect::<Vec<_>>().join("-").to_ascii_lowercase())
}

/// One clause of a version requirement.
fn is_clause(clause: &str) -> bool {
    let operators = ["===", "==", "!=", "~=", ">=", "<=", ">", "<"];
    let version = operators.iter().find_map(|operator| clause.strip_prefix(operator));
    version.is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '!' | '-' | '_'))
    })
}

/// What is resolved together, as requirements; tools with the same set share one environment.
pub type Requirements = BTreeSet<String>;

/// Names a set of requirements.
pub fn requirements_hash(requirements: &Requirements) -> ContentHash {
    ContentHash::of(&json!({"form": "mcpbox.requirements.1", "requirements": requirements}))
}

/// What an index made of a set of requirements. Resolved, it never changes: what a human saw is what is installed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resolution {
    /// [`requirements_hash`].
    pub id: ContentHash,
    /// What was asked for.
    pub requirements: Requirements,
    /// Where it stands.
    pub state: ResolutionState,
    /// Why it failed.
    pub reason: Option<String>,
    /// By what exactly this is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<PackageLock>,
    /// What is installed.
    pub packages: Vec<ResolvedPackage>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it succeeded or failed last.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Where a resolution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResolutionState {
    /// Under way.
    Pending,
    /// Final.
    Resolved,
    /// The index could not be reached or has no fitting versions; it can be tried again.
    Failed,
}

/// Exact versions with the hashes of their wheels, as `uv pip compile --generate-hashes` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageLock {
    /// SHA-256 of the text; names the environment.
    pub hash: ContentHash,
    /// The lock.
    pub text: String,
    /// What was asked for by name, to be loaded before calls come.
    pub roots: Vec<String>,
}

impl PackageLock {
    /// The lock of this text.
    pub fn new(text: String, roots: Vec<String>) -> Self {
        let hash = ContentHash::of(&json!({"form": "mcpbox.lock.1", "text": text, "roots": roots}));
        Self { hash, text, roots }
    }

    /// Whether the hash still names the content.
    pub fn is_sound(&self) -> bool {
        Self::new(self.text.clone(), self.roots.clone()).hash == self.hash
    }
}

/// One package of a resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResolvedPackage {
    /// Distribution name.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// How it came in.
    pub origin: PackageOrigin,
    /// Size of its wheel, when the index tells.
    pub size_bytes: Option<u64>,
    /// As its metadata says; none when it says nothing or could not be read.
    pub license: Option<String>,
    /// What it is, as its metadata says.
    pub summary: Option<String>,
    /// Known vulnerabilities of this version.
    pub vulnerabilities: VulnerabilityCheck,
}

/// How a package came into a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PackageOrigin {
    /// It was asked for.
    Requested,
    /// Another one needs it.
    Dependency,
    /// Every tool has it.
    Base,
}

/// What is known of a version's vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum VulnerabilityCheck {
    /// Nobody knows.
    NotChecked {
        /// Why.
        reason: String,
    },
    /// The database was asked.
    Checked {
        /// What it knows; empty for none.
        found: Vec<Vulnerability>,
    },
}

/// A known vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vulnerability {
    /// `PYSEC-…`, `GHSA-…`.
    pub id: String,
    /// In a line, when the database tells.
    pub summary: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_plain_names_with_versions() {
        let cases = [
            ("pandas", "pandas", None),
            (" PyYAML ", "pyyaml", None),
            ("ruamel.yaml >= 0.18, < 1", "ruamel-yaml", Some(">=0.18,<1")),
            ("zope_interface==5.*", "zope-interface", Some("==5.*")),
        ];
        for (text, name, version) in cases {
            let rule = PackageRule::parse(text).unwrap();
            assert_eq!((rule.name.as_str(), rule.version.as_deref()), (name, version), "{text}");
        }
        for bad in [
            "",
            "-r x.txt",
            "--index-url=x",
            "pandas @ https://x.example/p.whl",
            "./here",
            "pandas[excel]",
            "pandas; os_name == 'nt'",
            "pandas>=",
            "pandas=2",
            "pandas>=a",
            "pandas>=2,",
            "ein paket!",
        ] {
            assert!(PackageRule::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_grant_covers_what_it_serves_in_the_versions_and_with_the_network_it_names() {
        let rule = |text: &str| PackageRule::parse(text).unwrap();
        let any = rule("pandas");
        let two = rule("pandas>=2");
        assert!(any.covers(&any) && two.covers(&any) && two.covers(&two));
        assert!(!any.covers(&two) && !any.covers(&rule("numpy")));
        let online = PackageRule { network: true, ..any.clone() };
        assert!(online.covers(&any) && !any.covers(&online));
        let other = PackageRule { provides: Some("opencv-python".into()), ..rule("opencv-contrib-python") };
        assert!(other.covers(&rule("opencv-python")) && other.covers(&rule("opencv-contrib-python")));
        assert!(!rule("opencv-python").covers(&other) && !rule("opencv-contrib-python").covers(&other));
    }

    #[test]
    fn a_lock_whose_text_was_changed_is_not_sound() {
        let lock = PackageLock::new("pandas==3.1.1 --hash=sha256:00\n".into(), vec!["pandas".into()]);
        assert!(lock.is_sound());
        assert!(!PackageLock { text: lock.text.replace('0', "1"), ..lock.clone() }.is_sound());
        assert!(!PackageLock { roots: Vec::new(), ..lock }.is_sound());
    }
}
