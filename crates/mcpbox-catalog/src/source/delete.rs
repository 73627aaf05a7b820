//! Deleting a source, which only an admin does.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::SourceId,
};
use mcpbox_store::sources;
use serde_json::json;

use crate::{Admin, Catalog, CatalogError, change::Change, review::take_back_source};

/// Deletes a source and takes back every grant of it. Tools that were imported stay, and fail from then on.
///
/// # Errors
/// `not_found`.
pub async fn delete_source(cat: &Arc<Catalog>, admin: &Admin, id: SourceId) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, admin.actor()).await?;
    let source = sources::by_id(&change.tx, id).await?;
    let source = source.ok_or_else(|| Failure::new(FailureKind::NotFound, format!("there is no source {id}")))?;
    take_back_source(&mut change, admin, &source).await?;
    sources::delete(&change.tx, id).await?;
    change.audit("source.delete", format!("source:{id}"), json!({"rule": source.rule()})).await?;
    change.touch_server(source.server_id);
    change.commit().await?;
    cat.contacts.forget(id);
    if let Some(client) = cat.sources.get() {
        client.forget(id);
    }
    Ok(())
}
