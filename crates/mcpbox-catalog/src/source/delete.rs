//! Deleting a source, which only an admin does.

use std::sync::Arc;

use futures::future::try_join_all;
use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{ServerId, SourceId},
    principal::Actor,
    source::ExternalSource,
};
use mcpbox_store::{Connection, sources};
use serde_json::json;

use super::{find, login::log_out};
use crate::{Admin, Catalog, CatalogError, change::Change, review::take_back_source};

/// Deletes a source, with what a program of it kept, and takes back every grant of it; whoever is logged in to it is logged out before.
/// Tools that were imported stay, and fail from then on.
///
/// # Errors
/// `not_found`.
pub async fn delete_source(cat: &Arc<Catalog>, admin: &Admin, id: SourceId) -> Result<(), CatalogError> {
    let gone = || Failure::new(FailureKind::NotFound, format!("there is no source {id}"));
    let source = sources::by_id(&cat.store.reader(), id).await?.ok_or_else(gone)?;
    // While it may still be asked to take its tokens back.
    log_out(cat, admin.actor(), &source).await?;
    let mut change = Change::begin(cat, admin.actor()).await?;
    let source = sources::by_id(&change.tx, id).await?.ok_or_else(gone)?;
    take_back_source(&mut change, admin, &source).await?;
    sources::delete(&change.tx, id).await?;
    change.audit("source.delete", format!("source:{id}"), json!({"rule": source.rule()})).await?;
    change.touch_server(source.server_id);
    change.commit().await?;
    removed(cat, [id]);
    Ok(())
}

/// Logs out of all sources of a server that is about to be deleted, side by side: each server over there may take its time.
pub(crate) async fn log_out_of_server(cat: &Arc<Catalog>, actor: &Actor, server: ServerId) -> Result<(), CatalogError> {
    let sources = of_server(&cat.store.reader(), server).await?;
    try_join_all(sources.iter().map(|source| log_out(cat, actor.clone(), source))).await?;
    Ok(())
}

/// The sources of a server that is about to be deleted with them.
pub(crate) async fn of_server(
    connection: &impl Connection,
    server: ServerId,
) -> Result<Vec<ExternalSource>, CatalogError> {
    Ok(find::all(connection).await?.into_iter().filter(|source| source.server_id == server).collect())
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
