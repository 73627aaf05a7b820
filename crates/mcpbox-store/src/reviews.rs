//! Reviews. A tool has at most one open review; a decision is a compare-and-set on state and hash.

mod row;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    hash::ContentHash,
    ids::{ReviewId, ToolId, VersionId},
    paging::{Page, PageRequest},
    principal::Actor,
    review::{Refusal, Review, ReviewState, Risk, TakenBack},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{CaseStatement, Expr},
};

use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::reviews::{ActiveModel, Column, Entity},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Open reviews that are looked at together.
const OPEN_MAX: u64 = 10_000;
/// Decisions that are told of a tool.
const HISTORY_MAX: u64 = 50;

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
    /// What was refused of it.
    pub refused: Vec<Refusal>,
    /// The version that was live before, when approved.
    pub replaces: Option<VersionId>,
}

/// Writes a new review.
///
/// # Errors
/// [`StoreError::Conflict`] when the tool has an open one, [`StoreError::Missing`] when tool or version is gone.
pub async fn insert(tx: &Tx, review: &Review) -> Result<(), StoreError> {
    let row = row::of(review)?.into_active_model();
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

/// Reviews, newest first; only those in `state` when given. Open ones come the riskiest first, then the oldest.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    state: Option<ReviewState>,
    page: PageRequest,
) -> Result<Page<Review>, StoreError> {
    let Some(state) = state else {
        let select = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
        return paging::page(&connection.executor(), select, page).await;
    };
    let select = Entity::find().filter(Column::State.eq(word(state)?));
    let select = match state {
        ReviewState::Open => {
            let worst_first = select.order_by_asc(urgency()?);
            worst_first.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id)
        }
        _ => select.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id),
    };
    paging::page(&connection.executor(), select, page).await
}

/// The place of a review by its risk, the worst first.
fn urgency() -> Result<Expr, StoreError> {
    let mut case = CaseStatement::new();
    for (place, risk) in [Risk::Critical, Risk::High, Risk::Medium, Risk::Low].iter().enumerate() {
        let place = i32::try_from(place).unwrap_or(i32::MAX);
        case = case.case(Column::Risk.eq(Place("reviews", "risk").word(risk)?), place);
    }
    Ok(case.into())
}

/// All open reviews, oldest first, at most 10,000.
///
/// # Errors
/// When the database fails.
pub async fn open_all(connection: &impl Connection) -> Result<Vec<Review>, StoreError> {
    let open = Entity::find().filter(Column::State.eq(word(ReviewState::Open)?));
    let select = open.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(OPEN_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// Reviews of a tool that were decided, newest first, at most 50.
///
/// # Errors
/// When the database fails.
pub async fn decided_for_tool(connection: &impl Connection, tool_id: ToolId) -> Result<Vec<Review>, StoreError> {
    let decided = [ReviewState::Approved, ReviewState::Rejected, ReviewState::Revoked];
    let words = decided.into_iter().map(word).collect::<Result<Vec<_>, _>>()?;
    let select = Entity::find().filter(Column::ToolId.eq(tool_id.0)).filter(Column::State.is_in(words));
    let select = select.order_by_desc(Column::DecidedAt).order_by_desc(Column::Id).limit(HISTORY_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// How many reviews that this actor asked for are open.
///
/// # Errors
/// When the database fails.
pub async fn count_open_by(connection: &impl Connection, who: &Actor) -> Result<u64, StoreError> {
    let who = actor(who);
    let open = Entity::find()
        .filter(Column::State.eq(word(ReviewState::Open)?))
        .filter(Column::RequestedByKind.eq(actor_kind(who.kind)))
        .filter(Column::RequestedByName.eq(who.name));
    Ok(open.count(&connection.executor()).await?)
}

/// How many reviews are in this state.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &impl Connection, state: ReviewState) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::State.eq(word(state)?)).count(&connection.executor()).await?)
}

/// Writes version, purpose, requested capabilities, hash, risk and notes of a review that is still open; false when it is
/// not.
///
/// # Errors
/// When the database fails.
pub async fn update_bundle(tx: &Tx, review: &Review) -> Result<bool, StoreError> {
    let row = row::of(review)?;
    let change = ActiveModel {
        version_id: Set(row.version_id),
        purpose: Set(row.purpose),
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
    let decision = ReviewDecision {
        state: ReviewState::Superseded,
        by: by.clone(),
        at,
        comment: comment.to_owned(),
        refused: Vec::new(),
        replaces: None,
    };
    let update = Entity::update_many()
        .set(decided(&decision)?)
        .filter(Column::ToolId.eq(tool_id.0))
        .filter(Column::State.eq(word(ReviewState::Open)?));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Takes an approval back; false when the review is not approved.
///
/// # Errors
/// When the database fails.
pub async fn revoke(tx: &Tx, id: ReviewId, taken_back: &TakenBack) -> Result<bool, StoreError> {
    let by = actor(&taken_back.by);
    let change = ActiveModel {
        state: Set(word(ReviewState::Revoked)?),
        revoked_by_kind: Set(Some(actor_kind(by.kind))),
        revoked_by_name: Set(Some(by.name)),
        revoked_at: Set(Some(time(taken_back.at))),
        revoke_comment: Set(Some(text(&taken_back.comment))),
        ..ActiveModel::default()
    };
    let approved = Column::State.eq(word(ReviewState::Approved)?);
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0)).filter(approved);
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
        refused: Set(Place("reviews", "refused").json(&decision.refused)?),
        replaces_version_id: Set(decision.replaces.map(|version| version.0)),
        ..ActiveModel::default()
    })
}

fn word(state: ReviewState) -> Result<String, StoreError> {
    Place("reviews", "state").word(&state)
}
