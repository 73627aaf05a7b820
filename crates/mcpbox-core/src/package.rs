//! Packages: what may be asked for, what an index made of it, and the lock by which exactly that is installed.

mod rule;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::hash::ContentHash;
pub use rule::{PackageRule, PackageRuleError};

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
    fn a_lock_whose_text_was_changed_is_not_sound() {
        let lock = PackageLock::new("pandas==3.1.1 --hash=sha256:00\n".into(), vec!["pandas".into()]);
        assert!(lock.is_sound());
        assert!(!PackageLock { text: lock.text.replace('0', "1"), ..lock.clone() }.is_sound());
        assert!(!PackageLock { roots: Vec::new(), ..lock }.is_sound());
    }
}
