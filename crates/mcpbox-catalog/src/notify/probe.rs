//! The test button: a message now, and what the other end said.

use std::{sync::Arc, time::Instant};

use mcpbox_core::{
    event::LiveEvent,
    ids::{MessageId, TargetId},
};
use mcpbox_store::notifications;
use serde::Serialize;
use serde_json::json;

use super::{
    broker,
    message::{About, Message},
    send::{Verdict, send},
    target::find,
};
use crate::{Admin, Catalog, CatalogError, change::Change};

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProbeReport {
    /// Whether the other end took it.
    pub succeeded: bool,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What the other end said, at most 300 characters, or why there was no answer.
    pub said: String,
    /// How long it took.
    pub duration_ms: u64,
}

/// Sends a test message to a target, also one that is off.
///
/// # Errors
/// `not_found`; `unavailable` when this process sends nothing.
pub async fn probe(cat: &Arc<Catalog>, admin: &Admin, id: TargetId) -> Result<ProbeReport, CatalogError> {
    let broker = broker(cat)?;
    let mut change = Change::begin(cat, admin.actor()).await?;
    let target = find(&change, id).await?;
    let endpoint = notifications::unseal(&change.tx, id).await?.ok_or_else(|| super::target::unknown(id))?;
    let at = change.now;
    let detail = json!({"name": target.name, "kind": target.kind, "host": target.host});
    change.audit("notification.test", format!("notification:{id}"), detail).await?;
    change.tell(LiveEvent::NotificationsChanged);
    change.commit().await?;
    let message = Message { id: MessageId::generate(), about: About::Test, link: cat.admin_page("approvals"), at };
    let begun = Instant::now();
    let sent = send(broker, (target.kind, &endpoint), &message, at).await;
    Ok(ProbeReport {
        succeeded: sent.verdict == Verdict::Delivered,
        status: sent.status,
        said: sent.said,
        duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
