//! Tools of servers.

use mcpbox_core::{
    ids::{ServerId, ToolId, VersionId},
    name::ToolName,
    paging::{Page, PageRequest},
    tool::Tool,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::{
    calls,
    convert::{Place, text, time},
    entity::tools::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

const WHAT: &str = "a tool with this name on this server";

/// Writes a new tool.
///
/// # Errors
/// [`StoreError::Conflict`] when the server has a tool of this name, [`StoreError::Missing`] when the server is gone.
pub async fn insert(tx: &Tx, tool: &Tool) -> Result<(), StoreError> {
    let row = to_row(tool)?.into_active_model();
    Entity::insert(row).exec_without_returning(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(())
}

/// Writes name, state, live version and quarantine; false when there is no such tool.
///
/// # Errors
/// [`StoreError::Conflict`] when the server has another tool of this name.
pub async fn update(tx: &Tx, tool: &Tool) -> Result<bool, StoreError> {
    let row = to_row(tool)?;
    let change = ActiveModel {
        name: Set(row.name),
        enabled: Set(row.enabled),
        live_version_id: Set(row.live_version_id),
        updated_at: Set(row.updated_at),
        quarantine: Set(row.quarantine),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(row.id));
    let result = update.exec(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(result.rows_affected > 0)
}

/// Deletes a tool with its versions, reviews and the grants scoped to it; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: ToolId) -> Result<bool, StoreError> {
    calls::delete_evidence(tx, calls::Owner::Tool(id)).await?;
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// The tool with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: ToolId) -> Result<Option<Tool>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Tool::try_from).transpose()
}

/// The tool of this name on a server.
///
/// # Errors
/// When the database fails.
pub async fn by_server_and_name(
    connection: &impl Connection,
    server_id: ServerId,
    name: &ToolName,
) -> Result<Option<Tool>, StoreError> {
    let found = Entity::find().filter(Column::ServerId.eq(server_id.0)).filter(Column::Name.eq(name.as_str()));
    found.one(&connection.executor()).await?.map(Tool::try_from).transpose()
}

/// Tools of a server, by name.
///
/// # Errors
/// When the database fails.
pub async fn by_server(
    connection: &impl Connection,
    server_id: ServerId,
    page: PageRequest,
) -> Result<Page<Tool>, StoreError> {
    let select = Entity::find().filter(Column::ServerId.eq(server_id.0)).order_by_asc(Column::Name);
    paging::page(&connection.executor(), select, page).await
}

/// All tools, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, page: PageRequest) -> Result<Page<Tool>, StoreError> {
    let select = Entity::find().order_by_asc(Column::Name).order_by_asc(Column::Id);
    paging::page(&connection.executor(), select, page).await
}

/// How many tools there are.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection) -> Result<u64, StoreError> {
    Ok(Entity::find().count(&connection.executor()).await?)
}

/// How many tools a server has.
///
/// # Errors
/// When the database fails.
pub async fn count_by_server(connection: &impl Connection, server_id: ServerId) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::ServerId.eq(server_id.0)).count(&connection.executor()).await?)
}

fn to_row(tool: &Tool) -> Result<Model, StoreError> {
    Ok(Model {
        id: tool.id.0,
        server_id: tool.server_id.0,
        name: tool.name.as_str().to_owned(),
        kind: Place("tools", "kind").word(&tool.kind)?,
        enabled: tool.enabled,
        live_version_id: tool.live_version.map(|id| id.0),
        created_at: time(tool.created_at),
        updated_at: time(tool.updated_at),
        quarantine: tool.quarantine.as_deref().map(text),
    })
}

impl TryFrom<Model> for Tool {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ToolId(row.id),
            server_id: ServerId(row.server_id),
            name: Place("tools", "name").parse_word(row.name)?,
            kind: Place("tools", "kind").parse_word(row.kind)?,
            enabled: row.enabled,
            live_version: row.live_version_id.map(VersionId),
            created_at: row.created_at,
            updated_at: row.updated_at,
            quarantine: row.quarantine,
        })
    }
}
