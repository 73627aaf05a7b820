//! What rules decided, for the dashboard: read from the audit chain, so that it cannot say less than what happened.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    audit::AuditEvent,
    ids::{ReviewId, ToolId},
    paging::{Page, PageRequest},
    review::ReviewState,
};
use mcpbox_store::{
    audit::{self, AuditFilter},
    reviews,
};
use serde::Serialize;
use serde_json::Value;

use crate::{Catalog, CatalogError};

/// A decision that a rule made.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AutomaticDecision {
    /// The review; `POST /api/reviews/{id}/revoke` takes the approval back.
    pub review_id: ReviewId,
    /// The tool; none when it is gone.
    pub tool_id: Option<ToolId>,
    /// `server__tool`, as it was called then.
    pub tool: String,
    /// The version's number.
    pub version: Option<u64>,
    /// Which rule.
    pub rule: String,
    /// What it looked at.
    pub inputs: Value,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it was taken back.
    pub is_revoked: bool,
}

/// What rules decided, newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn list_automatic(cat: &Catalog, page: PageRequest) -> Result<Page<AutomaticDecision>, CatalogError> {
    let reader = cat.store.reader();
    let filter = AuditFilter { action: Some("review.approve.rule".to_owned()), ..AuditFilter::default() };
    let events = audit::list(&reader, &filter, page).await?;
    let mut items = Vec::with_capacity(events.items.len());
    for event in events.items {
        let Some(id) = event.subject.strip_prefix("review:").and_then(|id| id.parse().ok()) else { continue };
        let review = reviews::by_id(&reader, id).await?;
        let is_revoked = review.as_ref().is_some_and(|review| review.state == ReviewState::Revoked);
        items.push(decision(event, id, review.map(|review| review.tool_id), is_revoked));
    }
    Ok(page.page(items, events.total))
}

fn decision(event: AuditEvent, review_id: ReviewId, tool_id: Option<ToolId>, is_revoked: bool) -> AutomaticDecision {
    let text = |field: &str| event.detail.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    AutomaticDecision {
        review_id,
        tool_id,
        tool: text("name"),
        version: event.detail.get("version").and_then(Value::as_u64),
        rule: text("rule"),
        inputs: event.detail.get("inputs").cloned().unwrap_or_default(),
        at: event.at,
        is_revoked,
    }
}
