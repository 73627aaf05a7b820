//! Old versions go, those that nothing depends on, with a row in the audit that says which.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::ToolId, principal::Actor};
use mcpbox_store::versions::{self, Surplus};
use serde_json::{Value, json};

use crate::{Catalog, CatalogError, change::Change};

/// What the audit calls it; `verify` knows by it that a decided review is gone rightly.
pub(crate) const ACTION: &str = "version.prune";

/// Removes the versions of all tools that are beyond those kept; gives their number.
pub(super) async fn prune(cat: &Arc<Catalog>, live_since: DateTime<Utc>) -> Result<u64, CatalogError> {
    let snapshot = cat.snapshot();
    let kept = snapshot.settings().storage.versions_kept;
    let mut removed = 0;
    for known in snapshot.known() {
        removed += prune_tool(cat, known.tool.id, &known.name, kept, live_since).await?;
    }
    Ok(removed)
}

async fn prune_tool(
    cat: &Arc<Catalog>,
    tool: ToolId,
    name: &str,
    kept: u32,
    live_since: DateTime<Utc>,
) -> Result<u64, CatalogError> {
    // Looked at without a transaction first: nearly always there is nothing.
    if versions::surplus(&cat.store.reader(), tool, kept, live_since).await?.is_empty() {
        return Ok(0);
    }
    let mut change = Change::begin(cat, Actor::system("retention")).await?;
    let surplus = versions::surplus(&change.tx, tool, kept, live_since).await?;
    if surplus.is_empty() {
        return Ok(0);
    }
    versions::delete(&change.tx, &surplus).await?;
    let reviews: Vec<_> = surplus.iter().flat_map(|version| &version.reviews).collect();
    let gone: Vec<Value> = surplus.iter().map(told).collect();
    let detail = json!({"name": name, "versions": gone, "reviews": reviews});
    change.audit(ACTION, format!("tool:{tool}"), detail).await?;
    change.touch_tool(tool);
    change.commit().await?;
    Ok(surplus.len() as u64)
}

fn told(version: &Surplus) -> Value {
    json!({"number": version.number, "id": version.id, "content_hash": version.content_hash})
}
