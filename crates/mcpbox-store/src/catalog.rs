//! Everything the in-memory catalog is built from, as it was at one moment, in four queries.

use mcpbox_core::{grant::Grant, server::Server, tool::Tool, version::Version};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::{
    entity::{grants, servers, tools, versions},
    error::StoreError,
    grants::approved_or_expired_words,
    paging::convert,
    store::{Connection, at_one_moment},
};

/// What the catalog is built from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// All servers, by name.
    pub servers: Vec<Server>,
    /// All tools, by name.
    pub tools: Vec<Tool>,
    /// The live version of every tool that has one.
    pub live_versions: Vec<Version>,
    /// All grants in force, and those whose time is over.
    pub approved_grants: Vec<Grant>,
}

/// Loads the snapshot. All parts are of the same moment.
///
/// # Errors
/// When the database fails or a row is corrupt.
pub async fn load_snapshot(connection: &impl Connection) -> Result<Snapshot, StoreError> {
    load(&at_one_moment(connection).await?).await
}

async fn load(executor: &impl ConnectionTrait) -> Result<Snapshot, StoreError> {
    let live = tools::Entity::find()
        .select_only()
        .column(tools::Column::LiveVersionId)
        .filter(tools::Column::LiveVersionId.is_not_null())
        .into_query();
    Ok(Snapshot {
        servers: convert(servers::Entity::find().order_by_asc(servers::Column::Name).all(executor).await?)?,
        tools: convert(
            tools::Entity::find()
                .order_by_asc(tools::Column::Name)
                .order_by_asc(tools::Column::Id)
                .all(executor)
                .await?,
        )?,
        live_versions: convert(
            versions::Entity::find()
                .filter(versions::Column::Id.in_subquery(live))
                .order_by_asc(versions::Column::Id)
                .all(executor)
                .await?,
        )?,
        approved_grants: convert(
            grants::Entity::find()
                .filter(grants::Column::State.is_in(approved_or_expired_words()?))
                .order_by_asc(grants::Column::Id)
                .all(executor)
                .await?,
        )?,
    })
}
