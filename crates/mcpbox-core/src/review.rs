//! A review is one bundle that a human decides as a whole: a version and the grants it needs, named by one hash.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

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
    /// What approval is for.
    pub purpose: ReviewPurpose,
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
    /// Capabilities that the decision refused one by one, with the reason for each.
    pub refused: Vec<Refusal>,
    /// The version that was live before approval; revoking goes back to it.
    pub replaces: Option<VersionId>,
    /// Who took the approval back.
    pub revoked: Option<TakenBack>,
}

/// What approval of a review is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewPurpose {
    /// The version goes live, with everything it needs.
    Publish,
    /// Only the capabilities are granted; which version is live stays as it is.
    Grant,
}

/// A capability that a human refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// What.
    pub capability: Capability,
    /// Why; goes to the LLM.
    pub reason: String,
}

/// An approval that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TakenBack {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// Why; goes to the LLM.
    pub comment: String,
}

/// What a review asked for at one moment. A decision names one by its hash; all that a review ever was are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRevision {
    /// The review.
    pub review_id: ReviewId,
    /// Names it.
    pub content_hash: ContentHash,
    /// The version.
    pub version_id: VersionId,
    /// What approval was for.
    pub purpose: ReviewPurpose,
    /// What approval would have granted.
    pub requested: Capabilities,
    /// The lock of its packages, once known.
    pub lock: Option<ContentHash>,
    /// Since when it was so.
    pub created_at: DateTime<Utc>,
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
    /// A newer submission took its place, or nothing is left to decide.
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

/// The hash that names a bundle: what it is for, the version's hash, all that is newly granted with it, and, when packages
/// are among that, the lock of the environment they come in once it is known.
pub fn bundle_hash(
    purpose: ReviewPurpose,
    version: &ContentHash,
    requested: &Capabilities,
    lock: Option<&ContentHash>,
) -> ContentHash {
    let mut form = Map::new();
    form.insert("form".to_owned(), json!("mcpbox.review.1"));
    form.insert("version".to_owned(), json!(version));
    form.insert("requested".to_owned(), json!(requested));
    form.extend(lock.map(|lock| ("lock".to_owned(), json!(lock))));
    if purpose == ReviewPurpose::Grant {
        form.insert("purpose".to_owned(), json!(purpose));
    }
    ContentHash::of(&Value::Object(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_covers_the_lock_of_the_packages() {
        let (version, asked) = (ContentHash("v".into()), Capabilities::new());
        let locks = [None, Some(ContentHash("a".into())), Some(ContentHash("b".into()))];
        let hashes: std::collections::BTreeSet<_> =
            locks.iter().map(|lock| bundle_hash(ReviewPurpose::Publish, &version, &asked, lock.as_ref())).collect();
        assert_eq!(hashes.len(), 3);
    }

    #[test]
    fn the_hash_covers_what_approval_is_for() {
        let (version, asked) = (ContentHash("v".into()), Capabilities::new());
        let hash = |purpose| bundle_hash(purpose, &version, &asked, None);
        assert_ne!(hash(ReviewPurpose::Publish), hash(ReviewPurpose::Grant));
    }
}
