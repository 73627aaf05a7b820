//! A version is an immutable snapshot of what a tool is: code, description, schemas, needed capabilities. Its content
//! hash names exactly that; only its review state moves, and only along [`VersionState::apply`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    capability::Capabilities,
    hash::ContentHash,
    ids::{ToolId, VersionId},
    name::ToolName,
    principal::Actor,
};

/// What a version is, apart from who made it and what was decided: the part that is hashed and reviewed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Content {
    /// The tool's name once this version is live.
    pub name: ToolName,
    /// What the tool does, as clients show it.
    pub description: String,
    /// Python source.
    pub code: String,
    /// JSON Schema 2020-12 of the arguments.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of the structured result; none when the annotation does not tell.
    pub output_schema: Option<Value>,
    /// What the code needs.
    pub capabilities: Capabilities,
}

impl Content {
    /// SHA-256 over the canonical form of all fields.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(&json!({
            "form": "mcpbox.version.1",
            "name": self.name,
            "description": self.description,
            "code": self.code,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
            "capabilities": self.capabilities,
        }))
    }
}

/// A snapshot of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// The tool it is a version of.
    pub tool_id: ToolId,
    /// 1, 2, 3 … within the tool.
    pub number: u32,
    /// What it is.
    pub content: Content,
    /// [`Content::hash`] at creation; checked again at approval and at every execution.
    pub content_hash: ContentHash,
    /// Where it stands.
    pub state: VersionState,
    /// The number of the version whose content was restored, for a rollback.
    pub restored_from: Option<u32>,
    /// Who made it.
    pub created_by: Actor,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who decided, when, and with which words.
    pub decision: Option<VersionDecision>,
}

/// Who decided on a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionDecision {
    /// The human.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// What they said; goes to the LLM.
    pub comment: String,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// Being written.
    Draft,
    /// Waits for a human.
    PendingReview,
    /// A human approved exactly this content.
    Approved,
    /// A human sent it back, or took its approval back.
    Rejected,
}

/// What can happen to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionEvent {
    /// An author asks for review.
    Submit,
    /// The author withdrew it, or a newer draft took its place.
    Withdraw,
    /// A human approved.
    Approve,
    /// A human sent it back.
    Reject,
    /// A human took an approval back.
    Revoke,
}

/// A step that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a version that is {from:?} cannot {event:?}")]
pub struct NoSuchStep {
    /// Where it stands.
    pub from: VersionState,
    /// What was tried.
    pub event: VersionEvent,
}

impl VersionState {
    /// The state after `event`. Approved is final but for a human who takes it back: new content is a new version.
    ///
    /// # Errors
    /// [`NoSuchStep`] when the step does not exist.
    pub fn apply(self, event: VersionEvent) -> Result<Self, NoSuchStep> {
        use {VersionEvent as E, VersionState as S};
        match (self, event) {
            (S::Draft | S::Rejected, E::Submit) => Ok(S::PendingReview),
            (S::PendingReview, E::Withdraw) => Ok(S::Draft),
            (S::PendingReview, E::Approve) => Ok(S::Approved),
            (S::PendingReview, E::Reject) => Ok(S::Rejected),
            (S::Approved, E::Revoke) => Ok(S::Rejected),
            (from, event) => Err(NoSuchStep { from, event }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event() -> impl Strategy<Value = VersionEvent> {
        prop_oneof![
            Just(VersionEvent::Submit),
            Just(VersionEvent::Withdraw),
            Just(VersionEvent::Approve),
            Just(VersionEvent::Reject),
            Just(VersionEvent::Revoke),
        ]
    }

    proptest! {
        #[test]
        fn approved_is_reached_only_by_a_human_deciding_on_a_pending_version(events in prop::collection::vec(event(), 0..40)) {
            let mut state = VersionState::Draft;
            for event in events {
                let before = state;
                match state.apply(event) {
                    Ok(after) => state = after,
                    Err(refused) => prop_assert_eq!(refused.from, before),
                }
                if before != VersionState::Approved && state == VersionState::Approved {
                    prop_assert_eq!((before, event), (VersionState::PendingReview, VersionEvent::Approve));
                }
                if before == VersionState::Approved && state != VersionState::Approved {
                    prop_assert_eq!((event, state), (VersionEvent::Revoke, VersionState::Rejected));
                }
            }
        }
    }

    #[test]
    fn the_hash_covers_every_field_of_the_content() {
        let base = Content {
            name: ToolName::parse("a").unwrap(),
            description: "d".into(),
            code: "c".into(),
            input_schema: json!({}),
            output_schema: None,
            capabilities: Capabilities::new(),
        };
        let mut changed = vec![base.clone(); 6];
        changed[0].name = ToolName::parse("b").unwrap();
        changed[1].description.push('x');
        changed[2].code.push('x');
        changed[3].input_schema = json!({"type": "object"});
        changed[4].output_schema = Some(json!({}));
        changed[5].capabilities.insert(crate::capability::Capability::Module { name: "os".into() });
        for other in changed {
            assert_ne!(base.hash(), other.hash());
        }
        assert_eq!(base.hash(), base.clone().hash());
    }
}
