//! The capabilities of a review: what is new, where the need for it was seen, and what the tool has already.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope},
    ids::GrantId,
    principal::Actor,
};
use serde::Serialize;

use super::partial::{NeedSource, Sources};
use crate::lines::Lines;

/// The capabilities of a review.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewGrants {
    /// What approval newly grants.
    pub new: Vec<NewGrant>,
    /// What the tool has already.
    pub existing: Vec<ExistingGrant>,
}

/// A capability that approval newly grants.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGrant {
    /// What.
    pub capability: Capability,
    /// In words.
    pub words: String,
    /// The first line of the code that shows the need.
    pub line: Option<u32>,
    /// Where the need was seen.
    pub sources: BTreeSet<NeedSource>,
    /// Why the author wants it, when they asked for it by itself.
    pub justification: Option<String>,
    /// Who asked for it by itself.
    pub requested_by: Option<Actor>,
    /// Whether the rest is approved when this is refused; otherwise refusing it sends the bundle back.
    pub can_live_without: bool,
}

/// A capability that the tool has already.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExistingGrant {
    /// The grant.
    pub id: GrantId,
    /// What.
    pub capability: Capability,
    /// In words.
    pub words: String,
    /// For whom.
    pub scope: GrantScope,
    /// The first line of this version's code that shows the need; none when it does not show any.
    pub line: Option<u32>,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The capabilities of a review.
pub(super) fn of_review(sources: &Sources<'_>, lines: &Lines) -> ReviewGrants {
    let asked = |capability: &Capability| sources.standing.pending().find(|grant| capability.covers(&grant.capability));
    let new = |capability: &Capability| NewGrant {
        words: capability.to_string(),
        line: lines.covered_by(capability),
        sources: sources.of(capability),
        justification: asked(capability).map(|grant| grant.justification.clone()),
        requested_by: asked(capability).map(|grant| grant.requested_by.clone()),
        can_live_without: sources.can_live_without(capability),
        capability: capability.clone(),
    };
    let existing = |grant: &Grant| ExistingGrant {
        id: grant.id,
        words: grant.capability.to_string(),
        scope: grant.scope,
        line: lines.covered_by(&grant.capability),
        expires_at: grant.expires_at,
        capability: grant.capability.clone(),
    };
    ReviewGrants {
        new: sources.review.requested.iter().map(new).collect(),
        existing: sources.standing.approved().map(existing).collect(),
    }
}
