//! External MCP servers whose tools are imported.

use mcpbox_core::{
    ids::{ServerId, SourceId},
    paging::{Page, PageRequest},
    source::ExternalSource,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};

use crate::{
    convert::{Place, text, time},
    entity::sources::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

const WHAT: &str = "a source with this name on this server";

/// Writes a new source.
///
/// # Errors
/// [`StoreError::Conflict`] when the server has one of this name, [`StoreError::Missing`] when the server is gone.
pub async fn insert(tx: &Tx, source: &ExternalSource) -> Result<(), StoreError> {
    let row = to_row(source)?.into_active_model();
    Entity::insert(row).exec_without_returning(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(())
}

/// Writes all fields but id, server and creation time; false when there is no such source.
///
/// # Errors
/// [`StoreError::Conflict`] when the server has another one of this name.
pub async fn update(tx: &Tx, source: &ExternalSource) -> Result<bool, StoreError> {
    let row = to_row(source)?;
    let change = ActiveModel {
        name: Set(row.name),
        transport: Set(row.transport),
        last_synced_at: Set(row.last_synced_at),
        updated_at: Set(row.updated_at),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(row.id));
    let result = update.exec(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(result.rows_affected > 0)
}

/// The source with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: SourceId) -> Result<Option<ExternalSource>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(ExternalSource::try_from).transpose()
}

/// Sources by name; only those of `server_id` when given.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    server_id: Option<ServerId>,
    page: PageRequest,
) -> Result<Page<ExternalSource>, StoreError> {
    let mut select = Entity::find().order_by_asc(Column::Name).order_by_asc(Column::Id);
    if let Some(server) = server_id {
        select = select.filter(Column::ServerId.eq(server.0));
    }
    paging::page(&connection.executor(), select, page).await
}

/// Deletes a source; false when there is none. Its imported tools stay.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: SourceId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

fn to_row(source: &ExternalSource) -> Result<Model, StoreError> {
    Ok(Model {
        id: source.id.0,
        server_id: source.server_id.0,
        name: text(&source.name),
        transport: Place("sources", "transport").json(&source.transport)?,
        last_synced_at: source.last_synced_at.map(time),
        created_at: time(source.created_at),
        updated_at: time(source.updated_at),
    })
}

impl TryFrom<Model> for ExternalSource {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SourceId(row.id),
            server_id: ServerId(row.server_id),
            name: row.name,
            transport: Place("sources", "transport").parse_json(row.transport)?,
            last_synced_at: row.last_synced_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
