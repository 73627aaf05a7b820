//! Deleting a source, which only an admin does.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{ServerId, SourceId},
};
use mcpbox_store::{Tx, sources};
use serde_json::json;

use super::find;
use crate::{Admin, Catalog, CatalogError, change::Change, review::take_back_source};

/// Deletes a source, with what a program of it kept, and takes back every grant of it. Tools that were imported stay, and fail from then on.
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
    removed(cat, [id]);
    Ok(())
}

/// The sources of a server that is about to be deleted with them.
pub(crate) async fn of_server(tx: &Tx, server: ServerId) -> Result<Vec<SourceId>, CatalogError> {
    Ok(find::all(tx).await?.into_iter().filter(|source| source.server_id == server).map(|source| source.id).collect())
}

/// Forgets sources that were deleted, with what programs of them kept.
pub(crate) fn removed(cat: &Catalog, ids: impl IntoIterator<Item = SourceId>) {
    for id in ids {
        cat.contacts.forget(id);
        if let Some(client) = cat.sources.get() {
            client.remove(id);
        }
    }
}
