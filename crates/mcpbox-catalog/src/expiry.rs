//! Grants with an end. When their time is over they are ended in the database, with an audit row each, and tools that
//! need them are withheld. A timer does that; whoever is about to rely on a grant does it first.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    failure::{Failure, FailureKind},
    principal::Actor,
};
use mcpbox_store::grants;
use serde_json::json;

use crate::{Catalog, CatalogError, PublishedTool, background::Timer, bundle::grants_changed, change::Change};

/// How often the timer looks whether a grant's time is over; it looks into memory only.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends the grants whose time is over, if there are any.
///
/// # Errors
/// The store cannot be written.
pub(crate) async fn enforce(cat: &Arc<Catalog>) -> Result<(), CatalogError> {
    let now = cat.clock.now();
    // On the heap: every call comes by here, and hardly one finds anything to end.
    if is_due(cat, now) { Box::pin(end(cat, now)).await } else { Ok(()) }
}

fn is_due(cat: &Catalog, now: DateTime<Utc>) -> bool {
    cat.snapshot().next_expiry().is_some_and(|next| next <= now)
}

async fn end(cat: &Arc<Catalog>, now: DateTime<Utc>) -> Result<(), CatalogError> {
    while is_due(cat, now) {
        let mut change = Change::begin(cat, Actor::system("expiry")).await?;
        let ended = grants::expire(&change.tx, now).await?;
        if ended.is_empty() {
            // Somebody else was first; what they did is read by them, or below.
            change.tx.rollback().await?;
            return cat.reload().await;
        }
        for grant in ended {
            let detail = json!({"capability": grant.capability, "scope": grant.scope, "expires_at": grant.expires_at});
            change.audit("grant.expire", format!("grant:{}", grant.id), detail).await?;
            grants_changed(&mut change, grant.scope).await?;
        }
        change.commit().await?;
    }
    Ok(())
}

/// Refuses a call that would rely on a grant whose time is over, should ending it have failed.
pub(crate) fn check(cat: &Catalog, tool: &PublishedTool) -> Result<(), Failure> {
    match tool.expires_at {
        Some(end) if end <= cat.clock.now() => {
            let message = format!("a grant of {} was for a time that is over", tool.name);
            Err(Failure::new(FailureKind::NotLive, message)
                .hint("ask for it again")
                .next("mcpbox_request_publish", json!({"tool_id": tool.name})))
        }
        _ => Ok(()),
    }
}

/// Starts the timer; it ends with the catalog.
pub(crate) fn watch(cat: &Arc<Catalog>) {
    let mut timer = Timer::of(cat, Duration::ZERO, LOOK_EVERY);
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            if let Err(error) = enforce(&cat).await {
                tracing::error!(%error, "grants whose time is over could not be ended; tried again in a second");
            }
        }
    });
}
