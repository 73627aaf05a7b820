//! Grants: the one list of what may be used by whom.

mod row;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    grant::{Grant, GrantState},
    ids::{GrantId, ReviewId, ServerId, ToolId},
    paging::{Page, PageRequest},
    principal::Actor,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set,
};

use self::row::to_row;
use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::{
        grants::{ActiveModel, Column, Entity},
        tools,
    },
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Most grants of one tool that are ever looked at; a tool with more is not a tool.
const PER_TOOL_MAX: u64 = 1_000;
/// Grants ended by one transaction.
const EXPIRE_BATCH: u64 = 500;

/// Which grants a list shows; an empty filter shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantFilter {
    /// Only in this state.
    pub state: Option<GrantState>,
    /// Only of this server and its tools.
    pub server: Option<ServerId>,
    /// Only scoped to this tool.
    pub tool: Option<ToolId>,
}

/// A decision about a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDecision {
    /// Who decided.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// With which words.
    pub comment: String,
    /// The review it was made with.
    pub review_id: Option<ReviewId>,
    /// Until when the grant counts, when it is put in force.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes a new grant.
///
/// # Errors
/// [`StoreError::Missing`] when its tool or server is gone.
pub async fn insert(tx: &Tx, grant: &Grant) -> Result<(), StoreError> {
    let row = to_row(grant)?.into_active_model();
    let write = Entity::insert(row).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a grant"))?;
    Ok(())
}

/// Moves a grant from `expected_from` to `to`; false when it does not stand there.
///
/// # Errors
/// When the database fails.
pub async fn set_state(
    tx: &Tx,
    id: GrantId,
    expected_from: GrantState,
    to: GrantState,
    decision: &GrantDecision,
) -> Result<bool, StoreError> {
    let by = actor(&decision.by);
    let change = ActiveModel {
        state: Set(Place("grants", "state").word(&to)?),
        decided_by_kind: Set(Some(actor_kind(by.kind))),
        decided_by_name: Set(Some(by.name)),
        decided_at: Set(Some(time(decision.at))),
        comment: Set(text(&decision.comment)),
        review_id: Set(decision.review_id.map(|id| id.0)),
        expires_at: Set(decision.expires_at.map(time)),
        ..ActiveModel::default()
    };
    let from = Place("grants", "state").word(&expected_from)?;
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0)).filter(Column::State.eq(from));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Takes a grant back; who put it in force, and until when it counted, stays. False when it was not in force.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(tx: &Tx, id: GrantId, decision: &GrantDecision) -> Result<bool, StoreError> {
    let by = actor(&decision.by);
    let change = ActiveModel {
        state: Set(Place("grants", "state").word(&GrantState::Revoked)?),
        decided_by_kind: Set(Some(actor_kind(by.kind))),
        decided_by_name: Set(Some(by.name)),
        decided_at: Set(Some(time(decision.at))),
        comment: Set(text(&decision.comment)),
        ..ActiveModel::default()
    };
    let were = Column::State.is_in(approved_or_expired_words()?);
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0)).filter(were);
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Ends the grants in force whose time is over (at most 500 at once). Gives them as they are now.
///
/// # Errors
/// When the database fails.
pub async fn expire(tx: &Tx, now: DateTime<Utc>) -> Result<Vec<Grant>, StoreError> {
    let (approved, expired) = (GrantState::Approved, GrantState::Expired);
    let [from, to] = [approved, expired].map(|state| Place("grants", "state").word(&state));
    let (from, to) = (from?, to?);
    let due = Entity::find().filter(Column::State.eq(from.as_str())).filter(Column::ExpiresAt.lte(time(now)));
    let due: Vec<Grant> = paging::convert(due.order_by_asc(Column::Id).limit(EXPIRE_BATCH).all(&tx.inner).await?)?;
    let mut ended = Vec::with_capacity(due.len());
    for grant in due {
        let change = ActiveModel { state: Set(to.clone()), ..ActiveModel::default() };
        let update = Entity::update_many().set(change).filter(Column::Id.eq(grant.id.0));
        let update = update.filter(Column::State.eq(from.as_str()));
        if update.exec(&tx.inner).await?.rows_affected > 0 {
            ended.push(Grant { state: expired, ..grant });
        }
    }
    Ok(ended)
}

/// The grants that a review put in force, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_review(connection: &impl Connection, review: ReviewId) -> Result<Vec<Grant>, StoreError> {
    let select = Entity::find().filter(Column::ReviewId.eq(review.0)).order_by_asc(Column::Id).limit(PER_TOOL_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// The grant with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: GrantId) -> Result<Option<Grant>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Grant::try_from).transpose()
}

/// All grants in force.
///
/// # Errors
/// When the database fails.
pub async fn approved(connection: &impl Connection) -> Result<Vec<Grant>, StoreError> {
    let state = Place("grants", "state").word(&GrantState::Approved)?;
    let rows =
        Entity::find().filter(Column::State.eq(state)).order_by_asc(Column::Id).all(&connection.executor()).await?;
    paging::convert(rows)
}

/// Grants in force, and those whose time is over: both say what a tool may do and why it may not.
///
/// # Errors
/// When the database fails.
pub async fn approved_or_expired(connection: &impl Connection) -> Result<Vec<Grant>, StoreError> {
    let select = Entity::find().filter(Column::State.is_in(approved_or_expired_words()?));
    paging::convert(select.order_by_asc(Column::Id).all(&connection.executor()).await?)
}

/// The words of these two states.
pub(crate) fn approved_or_expired_words() -> Result<Vec<String>, StoreError> {
    [GrantState::Approved, GrantState::Expired].iter().map(|state| Place("grants", "state").word(state)).collect()
}

/// All grants, in any state, whose scope includes this tool, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn for_tool(
    connection: &impl Connection,
    server_id: ServerId,
    tool_id: ToolId,
) -> Result<Vec<Grant>, StoreError> {
    let scope = Condition::any()
        .add(Column::ToolId.eq(tool_id.0))
        .add(Column::ServerId.eq(server_id.0))
        .add(Column::ScopeLevel.eq("everywhere"));
    let select = Entity::find().filter(scope).order_by_asc(Column::Id).limit(PER_TOOL_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// All grants, in any state, of a server as a whole and of everything, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn for_server(connection: &impl Connection, server_id: ServerId) -> Result<Vec<Grant>, StoreError> {
    let scope = Condition::any().add(Column::ServerId.eq(server_id.0)).add(Column::ScopeLevel.eq("everywhere"));
    let select = Entity::find().filter(scope).order_by_asc(Column::Id).limit(PER_TOOL_MAX);
    paging::convert(select.all(&connection.executor()).await?)
}

/// All grants of a server and of its tools, in any state, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn all_of_server(connection: &impl Connection, server_id: ServerId) -> Result<Vec<Grant>, StoreError> {
    let select = Entity::find().filter(of_server_or_tools(server_id)).order_by_asc(Column::Id);
    paging::convert(select.all(&connection.executor()).await?)
}

/// Grants, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    filter: &GrantFilter,
    page: PageRequest,
) -> Result<Page<Grant>, StoreError> {
    let mut select = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(Place("grants", "state").word(&state)?));
    }
    if let Some(tool) = filter.tool {
        select = select.filter(Column::ToolId.eq(tool.0));
    }
    if let Some(server) = filter.server {
        select = select.filter(of_server_or_tools(server));
    }
    paging::page(&connection.executor(), select, page).await
}

fn of_server_or_tools(server: ServerId) -> Condition {
    let tools_of_server = tools::Entity::find()
        .select_only()
        .column(tools::Column::Id)
        .filter(tools::Column::ServerId.eq(server.0))
        .into_query();
    Condition::any().add(Column::ServerId.eq(server.0)).add(Column::ToolId.in_subquery(tools_of_server))
}
