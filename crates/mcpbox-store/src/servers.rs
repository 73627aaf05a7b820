//! Servers.

use mcpbox_core::{
    ids::ServerId,
    name::ServerName,
    paging::{Page, PageRequest},
    server::Server,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::{
    calls,
    convert::{Place, text, time},
    entity::servers::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

const WHAT: &str = "a server with this name";

/// Writes a new server.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub async fn insert(tx: &Tx, server: &Server) -> Result<(), StoreError> {
    let row = to_row(server)?.into_active_model();
    Entity::insert(row).exec_without_returning(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(())
}

/// Writes all fields but id and creation time; false when there is no such server.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub async fn update(tx: &Tx, server: &Server) -> Result<bool, StoreError> {
    let row = to_row(server)?;
    let change = ActiveModel {
        name: Set(row.name),
        description: Set(row.description),
        status: Set(row.status),
        code_policy: Set(row.code_policy),
        limits: Set(row.limits),
        updated_at: Set(row.updated_at),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(row.id));
    let result = update.exec(&tx.inner).await.map_err(StoreError::of_write(WHAT))?;
    Ok(result.rows_affected > 0)
}

/// Deletes a server with its tools, versions, reviews, secrets and the grants scoped to it; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: ServerId) -> Result<bool, StoreError> {
    calls::delete_evidence(tx, calls::Owner::Server(id)).await?;
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// The server with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: ServerId) -> Result<Option<Server>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Server::try_from).transpose()
}

/// The server with this name.
///
/// # Errors
/// When the database fails.
pub async fn by_name(connection: &impl Connection, name: &ServerName) -> Result<Option<Server>, StoreError> {
    let found = Entity::find().filter(Column::Name.eq(name.as_str())).one(&connection.executor()).await?;
    found.map(Server::try_from).transpose()
}

/// Servers by name.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, page: PageRequest) -> Result<Page<Server>, StoreError> {
    paging::page(&connection.executor(), Entity::find().order_by_asc(Column::Name), page).await
}

/// How many servers there are.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection) -> Result<u64, StoreError> {
    Ok(Entity::find().count(&connection.executor()).await?)
}

fn to_row(server: &Server) -> Result<Model, StoreError> {
    Ok(Model {
        id: server.id.0,
        name: server.name.as_str().to_owned(),
        description: text(&server.description),
        status: Place("servers", "status").word(&server.status)?,
        code_policy: Place("servers", "code_policy").word(&server.code_policy)?,
        limits: Place("servers", "limits").json(&server.limits)?,
        created_at: time(server.created_at),
        updated_at: time(server.updated_at),
    })
}

impl TryFrom<Model> for Server {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ServerId(row.id),
            name: Place("servers", "name").parse_word(row.name)?,
            description: row.description,
            status: Place("servers", "status").parse_word(row.status)?,
            code_policy: Place("servers", "code_policy").parse_word(row.code_policy)?,
            limits: Place("servers", "limits").parse_json(row.limits)?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
