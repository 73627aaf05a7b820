//! What humans authorised. An authorization that goes takes its tokens along.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::AuthorizationId,
    oauth::Authorization,
    paging::{Page, PageRequest},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};

use crate::{
    convert::{Place, text, time},
    entity::oauth_authorizations::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

const KIND: Place = Place("oauth_authorizations", "client_kind");
const SCOPES: Place = Place("oauth_authorizations", "scopes");

/// Writes a new authorization.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, authorization: &Authorization) -> Result<(), StoreError> {
    let row = Model {
        id: authorization.id.0,
        client_id: text(&authorization.client_id),
        client_kind: KIND.word(&authorization.client_kind)?,
        client_name: text(&authorization.client_name),
        redirect_host: text(&authorization.redirect_host),
        subject: text(&authorization.subject),
        scopes: SCOPES.json(&authorization.scopes)?,
        resource: text(&authorization.resource),
        used_generation: authorization.used_generation,
        created_at: time(authorization.created_at),
        last_used_at: authorization.last_used_at.map(time),
        expires_at: time(authorization.expires_at),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// The authorization with this id, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: AuthorizationId) -> Result<Option<Authorization>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Authorization::try_from).transpose()
}

/// Authorizations, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &impl Connection, page: PageRequest) -> Result<Page<Authorization>, StoreError> {
    let select = Entity::find().order_by_desc(Column::CreatedAt).order_by_asc(Column::Id);
    paging::page(&connection.executor(), select, page).await
}

/// Notes that a refresh token of this generation was used, and that the authorization is renewed; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn renew(
    tx: &Tx,
    id: AuthorizationId,
    used_generation: i32,
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel {
        used_generation: Set(used_generation),
        expires_at: Set(time(expires_at)),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Notes that it was used; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &Tx, id: AuthorizationId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel { last_used_at: Set(Some(time(now))), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends an authorization and its tokens; false when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, id: AuthorizationId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends all authorizations of a client and their tokens; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_client(tx: &Tx, client_id: &str) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::ClientId.eq(client_id));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

/// Ends all authorizations in the name of somebody and their tokens; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_subject(tx: &Tx, subject: &str) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::Subject.eq(subject));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

/// Forgets authorizations that have ended, and their tokens; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::ExpiresAt.lte(time(now)));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for Authorization {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: AuthorizationId(row.id),
            client_id: row.client_id,
            client_kind: KIND.parse_word(row.client_kind)?,
            client_name: row.client_name,
            redirect_host: row.redirect_host,
            subject: row.subject,
            scopes: SCOPES.parse_scopes(row.scopes)?,
            resource: row.resource,
            used_generation: row.used_generation,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        })
    }
}
