//! Reviews: the bundles a human decides.

pub(crate) mod approve;
pub(crate) mod bulk;
pub(crate) mod first_runs;
pub(crate) mod list;
pub(crate) mod mark_seen;
pub(crate) mod reject;
pub(crate) mod repeat;
pub(crate) mod resolve;
pub(crate) mod revoke;
pub(crate) mod show;
pub(crate) mod test;

use mcpbox_core::hash::ContentHash;
use serde::Deserialize;
use utoipa::ToSchema;

/// A decision about exactly what the human saw.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionRequest {
    /// The review's `content_hash` as it was shown; when it is no longer that, the answer is 409 and says what changed.
    content_hash: ContentHash,
    /// Words for the author; they go to the LLM.
    #[serde(default)]
    comment: String,
}
