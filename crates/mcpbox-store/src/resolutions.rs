//! Resolutions of packages. One that is resolved never changes: what a human saw is what is installed.

use mcpbox_core::{
    hash::ContentHash,
    package::{Resolution, ResolutionState},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set, sea_query::OnConflict,
};

use crate::{
    convert::{Place, text, time},
    entity::resolutions::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Resolutions that are looked at together.
const ALL_MAX: u64 = 2_000;

/// Where a resolution stands, without its packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: ContentHash,
    /// Where it stands.
    pub state: ResolutionState,
    /// Why it failed.
    pub reason: Option<String>,
    /// Hash of its lock.
    pub lock: Option<ContentHash>,
}

/// Writes a new resolution; false when there is one for these requirements already.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, resolution: &Resolution) -> Result<bool, StoreError> {
    let row = to_row(resolution)?.into_active_model();
    let keep = OnConflict::column(Column::Id).do_nothing().to_owned();
    let written = Entity::insert(row).on_conflict(keep).exec_without_returning(&tx.inner).await?;
    Ok(written > 0)
}

/// Writes how a resolution ended, or that it is tried again; false when it is resolved already.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &Tx, resolution: &Resolution) -> Result<bool, StoreError> {
    let row = to_row(resolution)?;
    let change = ActiveModel {
        state: Set(row.state),
        reason: Set(row.reason),
        lock_hash: Set(row.lock_hash),
        lock: Set(row.lock),
        packages: Set(row.packages),
        finished_at: Set(row.finished_at),
        ..ActiveModel::default()
    };
    let open = Column::State.ne(word(ResolutionState::Resolved)?);
    let update = Entity::update_many().set(change).filter(Column::Id.eq(row.id)).filter(open);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// The resolution of these requirements.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: &ContentHash) -> Result<Option<Resolution>, StoreError> {
    Entity::find_by_id(id.as_str().to_owned()).one(&connection.executor()).await?.map(Resolution::try_from).transpose()
}

/// Where all stand, newest first, at most 2000.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &impl Connection) -> Result<Vec<Standing>, StoreError> {
    type Row = (String, String, Option<String>, Option<String>);
    let select = Entity::find()
        .select_only()
        .columns([Column::Id, Column::State, Column::Reason, Column::LockHash])
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(ALL_MAX);
    let rows: Vec<Row> = select.into_tuple().all(&connection.executor()).await?;
    let standing = |(id, state, reason, lock): Row| {
        let state = Place("resolutions", "state").parse_word(state)?;
        Ok(Standing { id: ContentHash(id), state, reason, lock: lock.map(ContentHash) })
    };
    rows.into_iter().map(standing).collect()
}

/// Those that are under way, oldest first, at most 2000.
///
/// # Errors
/// When the database fails.
pub async fn pending(connection: &impl Connection) -> Result<Vec<Resolution>, StoreError> {
    let select = Entity::find()
        .filter(Column::State.eq(word(ResolutionState::Pending)?))
        .order_by_asc(Column::CreatedAt)
        .limit(ALL_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// The resolution with a lock of this hash.
///
/// # Errors
/// When the database fails.
pub async fn by_lock(connection: &impl Connection, lock: &ContentHash) -> Result<Option<Resolution>, StoreError> {
    let select = Entity::find().filter(Column::LockHash.eq(lock.as_str())).order_by_asc(Column::CreatedAt);
    select.one(&connection.executor()).await?.map(Resolution::try_from).transpose()
}

fn word(state: ResolutionState) -> Result<String, StoreError> {
    Place("resolutions", "state").word(&state)
}

fn to_row(resolution: &Resolution) -> Result<Model, StoreError> {
    let lock = resolution.lock.as_ref();
    Ok(Model {
        id: resolution.id.0.clone(),
        requirements: Place("resolutions", "requirements").json(&resolution.requirements)?,
        state: word(resolution.state)?,
        reason: resolution.reason.as_deref().map(text),
        lock_hash: lock.map(|lock| lock.hash.0.clone()),
        lock: lock.map(|lock| Place("resolutions", "lock").json_text(lock)).transpose()?,
        packages: text(&Place("resolutions", "packages").json_text(&resolution.packages)?),
        created_at: time(resolution.created_at),
        finished_at: resolution.finished_at.map(time),
    })
}

impl TryFrom<Model> for Resolution {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ContentHash(row.id),
            requirements: Place("resolutions", "requirements").parse_json(row.requirements)?,
            state: Place("resolutions", "state").parse_word(row.state)?,
            reason: row.reason,
            lock: row.lock.map(|lock| Place("resolutions", "lock").parse_json_text(&lock)).transpose()?,
            packages: Place("resolutions", "packages").parse_json_text(&row.packages)?,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}
