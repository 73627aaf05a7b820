//! A review is one bundle that a human decides as a whole: a version and the grants it needs, named by one hash.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    capability::{Capabilities, Capability},
    hash::ContentHash,
    ids::{ReviewId, ToolId, VersionId},
    principal::Actor,
};

/// A bundle that waits for, or got, a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// The tool.
    pub tool_id: ToolId,
    /// The version to be made live.
    pub version_id: VersionId,
    /// Capabilities that approval newly grants to the tool.
    pub requested: Capabilities,
    /// [`bundle_hash`] of what is asked for; a decision must name it.
    pub content_hash: ContentHash,
    /// Where it stands.
    pub state: ReviewState,
    /// How much care it wants.
    pub risk: Risk,
    /// What the author says about it.
    pub notes: String,
    /// Who asked.
    pub requested_by: Actor,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who decided; none while open.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The words of the decision; they go to the LLM.
    pub comment: String,
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Waits for a human.
    Open,
    /// Approved.
    Approved,
    /// Sent back.
    Rejected,
    /// A newer submission took its place, or the tool is gone.
    Superseded,
    /// Was approved; an admin took that back.
    Revoked,
}

/// How much care a review wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing new is granted, and nothing in it needs a look.
    Low,
    /// It gets something new, or something in it needs a look.
    Medium,
    /// Something in it looks like an attack or gives something away, or it gets something that few tools need.
    High,
    /// Several of these together, code that may not run, or ordinary Python that gets a secret together with a host.
    Critical,
}

/// The hash that names a bundle: the version's hash, all that is newly granted with it, and, when packages are among that, the
/// lock of the environment they come in once it is known.
pub fn bundle_hash(version: &ContentHash, requested: &Capabilities, lock: Option<&ContentHash>) -> ContentHash {
    let mut form = json!({"form": "mcpbox.review.1", "version": version, "requested": requested});
    if let (Some(lock), Some(form)) = (lock, form.as_object_mut()) {
        form.insert("lock".to_owned(), json!(lock));
    }
    ContentHash::of(&form)
}

/// The risk of granting `requested` to a version that in all uses `all`, with `serious_findings` in its code.
pub fn risk(all: &Capabilities, requested: &Capabilities, serious_findings: usize) -> Risk {
    let has = |set: &Capabilities, test: fn(&Capability) -> bool| set.iter().any(test);
    let is_host: fn(&Capability) -> bool = |c| matches!(c, Capability::Host(_));
    let is_secret: fn(&Capability) -> bool = |c| matches!(c, Capability::Secret { .. });
    let new_secret_path =
        (has(requested, is_secret) && has(all, is_host)) || (has(requested, is_host) && has(all, is_secret));
    if new_secret_path {
        Risk::Critical
    } else if serious_findings > 0 || !requested.is_empty() {
        Risk::High
    } else {
        Risk::Low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{capability::HostRule, name::SecretKey};

    #[test]
    fn the_hash_covers_the_lock_of_the_packages() {
        let (version, asked) = (ContentHash("v".into()), Capabilities::new());
        let locks = [None, Some(ContentHash("a".into())), Some(ContentHash("b".into()))];
        let hashes: std::collections::BTreeSet<_> =
            locks.iter().map(|lock| bundle_hash(&version, &asked, lock.as_ref())).collect();
        assert_eq!(hashes.len(), 3);
    }

    #[test]
    fn risk_grows_with_what_is_newly_granted() {
        let host = Capability::Host(HostRule::parse("x.de").unwrap());
        let secret = Capability::Secret { key: SecretKey::parse("KEY").unwrap() };
        let set = |items: &[&Capability]| items.iter().map(|c| (*c).clone()).collect::<Capabilities>();
        assert_eq!(risk(&set(&[&host]), &set(&[]), 0), Risk::Low);
        assert_eq!(risk(&set(&[&host]), &set(&[&host]), 0), Risk::High);
        assert_eq!(risk(&set(&[]), &set(&[]), 1), Risk::High);
        assert_eq!(risk(&set(&[&host, &secret]), &set(&[&secret]), 0), Risk::Critical);
        assert_eq!(risk(&set(&[&host, &secret]), &set(&[]), 0), Risk::Low);
    }
}
