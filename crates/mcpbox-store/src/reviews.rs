//! Reviews. A tool has at most one open review; a decision is a compare-and-set on state and hash.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    hash::ContentHash,
    ids::{ReviewId, ToolId, VersionId},
    paging::{Page, PageRequest},
    principal::Actor,
    review::{Review, ReviewState},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::reviews::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Open reviews that are looked at together.
const OPEN_MAX: u64 = 500;

/// A decision about a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewDecision {
    /// Approved or rejected.
    pub state: ReviewState,
    /// Who decided.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// With which words.
    pub comment: String,
}

/// Writes a new review.
///
/// # Errors
/// [`StoreError::Conflict`] when the tool has an open one, [`StoreError::Missing`] when tool or version is gone.
pub async fn insert(tx: &Tx, review: &Review) -> Result<(), StoreError> {
    let row = to_row(review)?.into_active_model();
    let write = Entity::insert(row).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("an open review of this tool"))?;
    Ok(())
}

/// The review with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: ReviewId) -> Result<Option<Review>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Review::try_from).transpose()
}

/// The open review of a tool.
///
/// # Errors
/// When the database fails.
pub async fn open_for_tool(connection: &impl Connection, tool_id: ToolId) -> Result<Option<Review>, StoreError> {
    let open = Entity::find().filter(Column::ToolId.eq(tool_id.0)).filter(Column::State.eq(word(ReviewState::Open)?));
    open.one(&connection.executor()).await?.map(Review::try_from).transpose()
}

/// The newest review of a tool, whatever its state: what the LLM asks for after a decision.
///
/// # Errors
/// When the database fails.
pub async fn latest_for_tool(connection: &impl Connection, tool_id: ToolId) -> Result<Option<Review>, StoreError> {
    let newest = Entity::find().filter(Column::ToolId.eq(tool_id.0)).order_by_desc(Column::CreatedAt);
    newest.order_by_desc(Column::Id).one(&connection.executor()).await?.map(Review::try_from).transpose()
}

/// Reviews, newest first; only those in `state` when given.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    state: Option<ReviewState>,
    page: PageRequest,
) -> Result<Page<Review>, StoreError> {
    let mut select = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    if let Some(state) = state {
        select = select.filter(Column::State.eq(word(state)?));
    }
    paging::page(&connection.executor(), select, page).await
}

/// All open reviews, oldest first, at most 500.
///
/// # Errors
/// When the database fails.
pub async fn open_all(connection: &impl Connection) -> Result<Vec<Review>, StoreError> {
    let open = Entity::find().filter(Column::State.eq(word(ReviewState::Open)?));
    let select = open.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(OPEN_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// How many reviews are in this state.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection, state: ReviewState) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::State.eq(word(state)?)).count(&connection.executor()).await?)
}

/// Writes version, requested capabilities, hash, risk and notes of a review that is still open; false when it is not.
///
/// # Errors
/// When the database fails.
pub async fn update_bundle(tx: &Tx, review: &Review) -> Result<bool, StoreError> {
    let row = to_row(review)?;
    let change = ActiveModel {
        version_id: Set(row.version_id),
        requested: Set(row.requested),
        content_hash: Set(row.content_hash),
        risk: Set(row.risk),
        notes: Set(row.notes),
        ..ActiveModel::default()
    };
    let open = Column::State.eq(word(ReviewState::Open)?);
    let update = Entity::update_many().set(change).filter(Column::Id.eq(row.id)).filter(open);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Decides a review that is open and still has the hash the human saw; false when it is not or has not.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    tx: &Tx,
    id: ReviewId,
    expected_hash: &ContentHash,
    decision: &ReviewDecision,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .set(decided(decision)?)
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.eq(word(ReviewState::Open)?))
        .filter(Column::ContentHash.eq(expected_hash.as_str()));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Marks an approved review as taken back; false when it is not approved.
///
/// # Errors
/// When the database fails.
pub async fn revoke(tx: &Tx, id: ReviewId) -> Result<bool, StoreError> {
    let change = ActiveModel { state: Set(word(ReviewState::Revoked)?), ..ActiveModel::default() };
    let approved = Column::State.eq(word(ReviewState::Approved)?);
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0)).filter(approved);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Reviews of a version, newest first, at most 100.
///
/// # Errors
/// When the database fails.
pub async fn of_version(connection: &impl Connection, version_id: VersionId) -> Result<Vec<Review>, StoreError> {
    let found = Entity::find().filter(Column::VersionId.eq(version_id.0)).order_by_desc(Column::CreatedAt);
    paging::convert(found.order_by_desc(Column::Id).limit(100).all(&connection.executor()).await?)
}

/// Reviews that were opened then or later, newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn since(connection: &impl Connection, since: DateTime<Utc>, limit: u64) -> Result<Vec<Review>, StoreError> {
    let found = Entity::find().filter(Column::CreatedAt.gte(time(since))).order_by_desc(Column::CreatedAt);
    paging::convert(found.order_by_desc(Column::Id).limit(limit).all(&connection.executor()).await?)
}

/// Supersedes the open review of a tool; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn supersede(
    tx: &Tx,
    tool_id: ToolId,
    by: &Actor,
    at: DateTime<Utc>,
    comment: &str,
) -> Result<bool, StoreError> {
    let decision = ReviewDecision { state: ReviewState::Superseded, by: by.clone(), at, comment: comment.to_owned() };
    let update = Entity::update_many()
        .set(decided(&decision)?)
        .filter(Column::ToolId.eq(tool_id.0))
        .filter(Column::State.eq(word(ReviewState::Open)?));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

fn decided(decision: &ReviewDecision) -> Result<ActiveModel, StoreError> {
    let by = actor(&decision.by);
    Ok(ActiveModel {
        state: Set(word(decision.state)?),
        decided_by_kind: Set(Some(actor_kind(by.kind))),
        decided_by_name: Set(Some(by.name)),
        decided_at: Set(Some(time(decision.at))),
        comment: Set(text(&decision.comment)),
        ..ActiveModel::default()
    })
}

fn word(state: ReviewState) -> Result<String, StoreError> {
    Place("reviews", "state").word(&state)
}

fn to_row(review: &Review) -> Result<Model, StoreError> {
    let requested_by = actor(&review.requested_by);
    let decided_by = review.decided_by.as_ref().map(actor);
    Ok(Model {
        id: review.id.0,
        tool_id: review.tool_id.0,
        version_id: review.version_id.0,
        requested: Place("reviews", "requested").json(&review.requested)?,
        content_hash: review.content_hash.0.clone(),
        state: word(review.state)?,
        risk: Place("reviews", "risk").word(&review.risk)?,
        notes: text(&review.notes),
        requested_by_kind: actor_kind(requested_by.kind),
        requested_by_name: requested_by.name,
        created_at: time(review.created_at),
        decided_by_kind: decided_by.as_ref().map(|by| actor_kind(by.kind)),
        decided_by_name: decided_by.map(|by| by.name),
        decided_at: review.decided_at.map(time),
        comment: text(&review.comment),
    })
}

impl TryFrom<Model> for Review {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ReviewId(row.id),
            tool_id: ToolId(row.tool_id),
            version_id: VersionId(row.version_id),
            requested: Place("reviews", "requested").parse_json(row.requested)?,
            content_hash: ContentHash(row.content_hash),
            state: Place("reviews", "state").parse_word(row.state)?,
            risk: Place("reviews", "risk").parse_word(row.risk)?,
            notes: row.notes,
            requested_by: Place("reviews", "requested_by_kind")
                .parse_actor(row.requested_by_kind, row.requested_by_name)?,
            created_at: row.created_at,
            decided_by: Place("reviews", "decided_by_kind")
                .parse_actor_option(row.decided_by_kind, row.decided_by_name)?,
            decided_at: row.decided_at,
            comment: row.comment,
        })
    }
}
