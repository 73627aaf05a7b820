//! How much room versions take, and which of them may go.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    grant::GrantState,
    hash::ContentHash,
    ids::{ReviewId, ToolId, VersionId},
    review::ReviewState,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};
use uuid::Uuid;

use super::number;
use crate::{
    calls,
    convert::{Place, time},
    entity::{
        grants, review_revisions, reviews, tools,
        versions::{Column, Entity},
    },
    error::StoreError,
    store::{Connection, Tx},
};

/// Versions of one tool that are looked at, and go, together.
const SURPLUS_MAX: u64 = 200;

/// A version that may go, and the decided reviews that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surplus {
    /// Its id.
    pub id: VersionId,
    /// Its number.
    pub number: u32,
    /// Names its content.
    pub content_hash: ContentHash,
    /// Reviews of it.
    pub reviews: Vec<ReviewId>,
}

/// What all versions together take, bytes.
///
/// # Errors
/// When the database fails.
pub async fn bytes(connection: &impl Connection) -> Result<u64, StoreError> {
    // PostgreSQL sums to a number of another type.
    let sum = Expr::col(Column::Bytes).sum().cast_as("bigint");
    let select = Entity::find().select_only().column_as(sum, "total");
    let total: Option<Option<i64>> = select.into_tuple().one(&connection.executor()).await?;
    Ok(total.flatten().unwrap_or(0).unsigned_abs())
}

/// Versions of a tool made since then.
///
/// # Errors
/// When the database fails.
pub async fn count_since(tx: &Tx, tool: ToolId, since: DateTime<Utc>) -> Result<u64, StoreError> {
    let select = Entity::find().select_only().column_as(Column::Id.count(), "total");
    let select = select.filter(Column::ToolId.eq(tool.0)).filter(Column::CreatedAt.gt(time(since)));
    let total: Option<i64> = select.into_tuple().one(&tx.inner).await?;
    Ok(total.unwrap_or(0).unsigned_abs())
}

/// Versions of a tool beyond its newest `kept`, oldest first, that nothing depends on: not live, in no open review, not live since
/// `since`, not what revoking would go back to, and without a grant that is in force. At most 200.
///
/// # Errors
/// When the database fails.
pub async fn surplus(
    connection: &impl Connection,
    tool: ToolId,
    kept: u32,
    since: DateTime<Utc>,
) -> Result<Vec<Surplus>, StoreError> {
    let select = Entity::find().select_only().columns([Column::Id, Column::Number, Column::ContentHash]);
    let newest_first = select.filter(Column::ToolId.eq(tool.0)).order_by_desc(Column::Number);
    let mut found: Vec<(Uuid, i32, String)> =
        newest_first.offset(u64::from(kept)).limit(SURPLUS_MAX).into_tuple().all(&connection.executor()).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    found.reverse();
    let needed = needed(connection, tool, since).await?;
    found.retain(|(id, ..)| !needed.contains(id));
    let ids = found.iter().map(|(id, ..)| *id);
    let of = reviews::Entity::find()
        .select_only()
        .columns([reviews::Column::Id, reviews::Column::VersionId])
        .filter(reviews::Column::VersionId.is_in(ids));
    let reviews: Vec<(Uuid, Uuid)> = of.into_tuple().all(&connection.executor()).await?;
    found
        .into_iter()
        .map(|(id, at, hash)| {
            let of_it = reviews.iter().filter(|(_, version)| *version == id);
            let reviews = of_it.map(|(review, _)| ReviewId(*review)).collect();
            Ok(Surplus { id: VersionId(id), number: number(at)?, content_hash: ContentHash(hash), reviews })
        })
        .collect()
}

/// Versions of a tool that something depends on.
async fn needed(connection: &impl Connection, tool: ToolId, since: DateTime<Utc>) -> Result<HashSet<Uuid>, StoreError> {
    use reviews::Column as R;
    let state = |state: ReviewState| Place("reviews", "state").word(&state);
    let live: Option<Option<Uuid>> = tools::Entity::find_by_id(tool.0)
        .select_only()
        .column(tools::Column::LiveVersionId)
        .into_tuple()
        .one(&connection.executor())
        .await?;
    let live = live.flatten();
    let in_force = grants::Entity::find()
        .select_only()
        .column(grants::Column::ReviewId)
        .filter(grants::Column::State.eq(Place("grants", "state").word(&GrantState::Approved)?))
        .filter(grants::Column::ReviewId.is_not_null())
        .into_query();
    // A decision is the moment at which one version begins to be live and another ends.
    let depends = Condition::any()
        .add(R::State.eq(state(ReviewState::Open)?))
        .add(R::DecidedAt.gt(time(since)))
        .add(R::RevokedAt.gt(time(since)))
        .add_option(live.map(|live| R::VersionId.eq(live)))
        .add(R::Id.in_subquery(in_force));
    let of_reviews: Vec<(Uuid, Option<Uuid>)> = reviews::Entity::find()
        .select_only()
        .columns([R::VersionId, R::ReplacesVersionId])
        .filter(R::ToolId.eq(tool.0))
        .filter(depends)
        .into_tuple()
        .all(&connection.executor())
        .await?;
    let open = reviews::Entity::find()
        .select_only()
        .column(R::Id)
        .filter(R::ToolId.eq(tool.0))
        .filter(R::State.eq(state(ReviewState::Open)?))
        .into_query();
    let of_revisions: Vec<Uuid> = review_revisions::Entity::find()
        .select_only()
        .column(review_revisions::Column::VersionId)
        .filter(review_revisions::Column::ReviewId.in_subquery(open))
        .into_tuple()
        .all(&connection.executor())
        .await?;
    let of_reviews = of_reviews.into_iter().flat_map(|(version, replaced)| [Some(version), replaced]).flatten();
    Ok(live.into_iter().chain(of_reviews).chain(of_revisions).collect())
}

/// Deletes versions with their reviews and evidence.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &Tx, versions: &[Surplus]) -> Result<(), StoreError> {
    let ids: Vec<VersionId> = versions.iter().map(|version| version.id).collect();
    calls::delete_evidence(tx, calls::Owner::Versions(&ids)).await?;
    Entity::delete_many().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).exec(&tx.inner).await?;
    Ok(())
}
