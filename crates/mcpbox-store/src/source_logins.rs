//! Logins at external sources: facts for people, the sealed tokens, and a lease, so that of all replicas one renews at a time.
//! Each set of tokens has a generation: whoever saw an older one has been overtaken.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{ProcessId, SourceId},
    source_login::LoginFacts,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, Set, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    convert::{Place, time},
    entity::source_logins::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    seal::SealedAt,
    store::{Connection, Tx, sealed::Connection as _},
};

const FACTS: Place = Place("source_logins", "facts");

/// A login with its tokens.
#[derive(Debug, Clone)]
pub struct StoredLogin {
    /// What is known of it.
    pub facts: LoginFacts,
    /// Its tokens, decrypted; none while nobody is logged in.
    pub tokens: Option<SecretString>,
    /// Counts the sets of tokens.
    pub generation: i64,
}

/// The login at a source, tokens and all.
///
/// # Errors
/// [`StoreError::Seal`] when the tokens were changed or moved.
pub async fn load(connection: &impl Connection, source: SourceId) -> Result<Option<StoredLogin>, StoreError> {
    let Some(row) = Entity::find_by_id(source.0).one(&connection.executor()).await? else { return Ok(None) };
    let open = |blob: &Vec<u8>| connection.sealer().unseal_text(place(&row.source_id), blob);
    let tokens = row.tokens.as_ref().map(open).transpose()?.map(SecretString::from);
    Ok(Some(StoredLogin { tokens, generation: row.generation, facts: FACTS.parse_json(row.facts)? }))
}

/// What is known of all logins; there are no more than sources.
///
/// # Errors
/// When the database fails.
pub async fn facts(connection: &impl Connection) -> Result<HashMap<SourceId, LoginFacts>, StoreError> {
    let rows = Entity::find().all(&connection.executor()).await?;
    rows.into_iter().map(|row| Ok((SourceId(row.source_id), FACTS.parse_json(row.facts)?))).collect()
}

/// Writes a login, tokens and all, as the next generation, and ends the lease; the generation it has now.
///
/// # Errors
/// [`StoreError::Missing`] when the source is gone; when it cannot be sealed or written.
pub async fn put(
    tx: &Tx,
    source: SourceId,
    facts: &LoginFacts,
    tokens: Option<&SecretString>,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let before = Entity::find_by_id(source.0).one(&tx.executor()).await?;
    let generation = before.map_or(1, |row| row.generation.saturating_add(1));
    let seal = |tokens: &SecretString| tx.sealer().seal_text(place(&source.0), tokens.expose_secret());
    let row = Model {
        source_id: source.0,
        facts: FACTS.json(facts)?,
        tokens: tokens.map(seal).transpose()?,
        generation,
        renewer: None,
        renewing_until: None,
        updated_at: time(now),
    };
    let replace = OnConflict::column(Column::SourceId)
        .update_columns([
            Column::Facts,
            Column::Tokens,
            Column::Generation,
            Column::Renewer,
            Column::RenewingUntil,
            Column::UpdatedAt,
        ])
        .to_owned();
    let write = Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a login at a source"))?;
    Ok(generation)
}

/// Writes tokens that were renewed, as the generation after `before`, and ends the lease; false when it is gone or another one.
///
/// # Errors
/// When they cannot be sealed or written.
pub async fn renew(
    tx: &Tx,
    (source, before): (SourceId, i64),
    login: &StoredLogin,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let seal = |tokens: &SecretString| tx.sealer().seal_text(place(&source.0), tokens.expose_secret());
    let change = ActiveModel {
        facts: Set(FACTS.json(&login.facts)?),
        tokens: Set(login.tokens.as_ref().map(seal).transpose()?),
        generation: Set(login.generation),
        renewer: Set(None),
        renewing_until: Set(None),
        updated_at: Set(time(now)),
        ..ActiveModel::default()
    };
    let update = Entity::update_many().set(change).filter(of(source, before));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Writes what is known of a login and leaves its tokens; false when they are of another generation by now.
///
/// # Errors
/// When the database fails.
pub async fn set_facts(
    tx: &Tx,
    source: SourceId,
    generation: i64,
    facts: &LoginFacts,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel { facts: Set(FACTS.json(facts)?), updated_at: Set(time(now)), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(of(source, generation));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Lets `who` alone renew these tokens until then; false when somebody else does, or they are of another generation by now.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    tx: &Tx,
    (source, generation): (SourceId, i64),
    who: ProcessId,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let is_free = Condition::any()
        .add(Column::Renewer.eq(who.0))
        .add(Column::RenewingUntil.is_null())
        .add(Column::RenewingUntil.lte(time(now)));
    let change =
        ActiveModel { renewer: Set(Some(who.0)), renewing_until: Set(Some(time(until))), ..ActiveModel::default() };
    let update = Entity::update_many().set(change).filter(of(source, generation)).filter(is_free);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends the lease of `who`.
///
/// # Errors
/// When the database fails.
pub async fn release(tx: &Tx, source: SourceId, who: ProcessId) -> Result<(), StoreError> {
    let change = ActiveModel { renewer: Set(None), renewing_until: Set(None), ..ActiveModel::default() };
    let mine = Condition::all().add(Column::SourceId.eq(source.0)).add(Column::Renewer.eq(who.0));
    Entity::update_many().set(change).filter(mine).exec(&tx.inner).await?;
    Ok(())
}

/// Forgets a login; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, source: SourceId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(source.0).exec(&tx.inner).await?.rows_affected > 0)
}

fn of(source: SourceId, generation: i64) -> Condition {
    Condition::all().add(Column::SourceId.eq(source.0)).add(Column::Generation.eq(generation))
}

pub(crate) fn place(source: &Uuid) -> SealedAt<'_> {
    SealedAt { table: "source_logins", column: "tokens", row: source }
}
