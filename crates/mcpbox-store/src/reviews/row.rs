//! Reviews as rows, and rows as reviews.

use mcpbox_core::{
    hash::ContentHash,
    ids::{ReviewId, ToolId, VersionId},
    review::{Review, TakenBack},
};

use super::word;
use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::reviews::Model,
    error::StoreError,
};

pub(super) fn of(review: &Review) -> Result<Model, StoreError> {
    let requested_by = actor(&review.requested_by);
    let decided_by = review.decided_by.as_ref().map(actor);
    let revoked = review.revoked.as_ref();
    let revoked_by = revoked.map(|back| actor(&back.by));
    Ok(Model {
        id: review.id.0,
        tool_id: review.tool_id.0,
        version_id: review.version_id.0,
        purpose: Place("reviews", "purpose").word(&review.purpose)?,
        requested: Place("reviews", "requested").json(&review.requested)?,
        content_hash: review.content_hash.0.clone(),
        state: word(review.state)?,
        risk: Place("reviews", "risk").word(&review.risk)?,
        notes: text(&review.notes),
        requested_by_kind: actor_kind(requested_by.kind),
        requested_by_name: requested_by.name,
        created_at: time(review.created_at),
        decided_by_kind: decided_by.as_ref().map(|by| actor_kind(by.kind)),
        decided_by_name: decided_by.map(|by| by.name),
        decided_at: review.decided_at.map(time),
        comment: text(&review.comment),
        refused: Place("reviews", "refused").json(&review.refused)?,
        replaces_version_id: review.replaces.map(|version| version.0),
        revoked_by_kind: revoked_by.as_ref().map(|by| actor_kind(by.kind)),
        revoked_by_name: revoked_by.map(|by| by.name),
        revoked_at: revoked.map(|back| time(back.at)),
        revoke_comment: revoked.map(|back| text(&back.comment)),
    })
}

impl TryFrom<Model> for Review {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let revoked_by =
            Place("reviews", "revoked_by_kind").parse_actor_option(row.revoked_by_kind, row.revoked_by_name)?;
        let revoked = revoked_by.zip(row.revoked_at).map(|(by, at)| TakenBack {
            by,
            at,
            comment: row.revoke_comment.unwrap_or_default(),
        });
        Ok(Self {
            id: ReviewId(row.id),
            tool_id: ToolId(row.tool_id),
            version_id: VersionId(row.version_id),
            purpose: Place("reviews", "purpose").parse_word(row.purpose)?,
            requested: Place("reviews", "requested").parse_json(row.requested)?,
            content_hash: ContentHash(row.content_hash),
            state: Place("reviews", "state").parse_word(row.state)?,
            risk: Place("reviews", "risk").parse_word(row.risk)?,
            notes: row.notes,
            requested_by: Place("reviews", "requested_by_kind")
                .parse_actor(row.requested_by_kind, row.requested_by_name)?,
            created_at: row.created_at,
            decided_by: Place("reviews", "decided_by_kind")
                .parse_actor_option(row.decided_by_kind, row.decided_by_name)?,
            decided_at: row.decided_at,
            comment: row.comment,
            refused: Place("reviews", "refused").parse_json(row.refused)?,
            replaces: row.replaces_version_id.map(VersionId),
            revoked,
        })
    }
}
