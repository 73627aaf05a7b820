//! Clients by the id that they send.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    oauth::{ClientKind, OAuthClient},
    paging::{Page, PageRequest},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set, sea_query::OnConflict,
};

use crate::{
    convert::{Place, text, time},
    entity::oauth_clients::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

const KIND: Place = Place("oauth_clients", "kind");
const REDIRECT_URIS: Place = Place("oauth_clients", "redirect_uris");

/// Writes a client; what was there under its id is replaced, all but the time it became known.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &Tx, client: &OAuthClient) -> Result<(), StoreError> {
    let row = Model {
        client_id: text(&client.client_id),
        kind: KIND.word(&client.kind)?,
        name: text(&client.name),
        redirect_uris: REDIRECT_URIS.json(&client.redirect_uris)?,
        created_at: time(client.created_at),
        expires_at: client.expires_at.map(time),
    };
    let replaced = [Column::Kind, Column::Name, Column::RedirectUris, Column::ExpiresAt];
    let again = OnConflict::column(Column::ClientId).update_columns(replaced).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// The client with this id, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, client_id: &str) -> Result<Option<OAuthClient>, StoreError> {
    let found = Entity::find_by_id(client_id.to_owned()).one(&connection.executor()).await?;
    found.map(OAuthClient::try_from).transpose()
}

/// Clients, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, page: PageRequest) -> Result<Page<OAuthClient>, StoreError> {
    let select = Entity::find().order_by_desc(Column::CreatedAt).order_by_asc(Column::ClientId);
    paging::page(&connection.executor(), select, page).await
}

/// How many clients of a kind there are.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection, kind: ClientKind) -> Result<u64, StoreError> {
    let select = Entity::find().filter(Column::Kind.eq(KIND.word(&kind)?));
    Ok(select.count(&connection.executor()).await?)
}

/// Lets a client that registered itself stay for good.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &Tx, client_id: &str) -> Result<(), StoreError> {
    let change = ActiveModel { expires_at: Set(None), ..ActiveModel::default() };
    let registered = KIND.word(&ClientKind::Registered)?;
    let update = Entity::update_many().set(change).filter(Column::ClientId.eq(client_id));
    update.filter(Column::Kind.eq(registered)).exec(&tx.inner).await?;
    Ok(())
}

/// Forgets a client; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, client_id: &str) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(client_id.to_owned()).exec(&tx.inner).await?.rows_affected > 0)
}

/// Forgets clients that have ended; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::ExpiresAt.lte(time(now)));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for OAuthClient {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            client_id: row.client_id,
            kind: KIND.parse_word(row.kind)?,
            name: row.name,
            redirect_uris: REDIRECT_URIS.parse_json(row.redirect_uris)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}
