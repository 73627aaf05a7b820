//! What reviews asked for at each moment, and which of that an admin read last. Revisions are only added.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    hash::ContentHash,
    ids::{ReviewId, ToolId, UserId, VersionId},
    review::ReviewRevision,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::OnConflict};

use crate::{
    convert::{Place, time},
    entity::{review_revisions as revisions, review_views as views},
    error::StoreError,
    store::{Connection, Tx},
};

/// That an admin read a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The admin.
    pub user_id: UserId,
    /// The review.
    pub review_id: ReviewId,
    /// Its tool.
    pub tool_id: ToolId,
    /// What they read.
    pub content_hash: ContentHash,
    /// When.
    pub seen_at: DateTime<Utc>,
}

/// Writes a revision; one that the review had before stays as it is.
///
/// # Errors
/// [`StoreError::Missing`] when the review is gone.
pub async fn insert(tx: &Tx, revision: &ReviewRevision) -> Result<(), StoreError> {
    let row = revisions::Model {
        review_id: revision.review_id.0,
        content_hash: revision.content_hash.0.clone(),
        version_id: revision.version_id.0,
        purpose: Place("review_revisions", "purpose").word(&revision.purpose)?,
        requested: Place("review_revisions", "requested").json(&revision.requested)?,
        lock_hash: revision.lock.as_ref().map(|lock| lock.0.clone()),
        created_at: time(revision.created_at),
    };
    let key = [revisions::Column::ReviewId, revisions::Column::ContentHash];
    let keep = OnConflict::columns(key).do_nothing().to_owned();
    let insert = revisions::Entity::insert(row.into_active_model()).on_conflict(keep);
    insert.exec_without_returning(&tx.inner).await.map_err(StoreError::of_write("a revision"))?;
    Ok(())
}

/// A revision of a review.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(
    connection: &impl Connection,
    review: ReviewId,
    hash: &ContentHash,
) -> Result<Option<ReviewRevision>, StoreError> {
    let found = revisions::Entity::find_by_id((review.0, hash.as_str().to_owned()));
    found.one(&connection.executor()).await?.map(ReviewRevision::try_from).transpose()
}

/// Notes what an admin read of a review, in place of what they read of it before.
///
/// # Errors
/// [`StoreError::Missing`] when review or account is gone.
pub async fn put_view(tx: &Tx, view: &View) -> Result<(), StoreError> {
    let row = views::Model {
        user_id: view.user_id.0,
        review_id: view.review_id.0,
        tool_id: view.tool_id.0,
        content_hash: view.content_hash.0.clone(),
        seen_at: time(view.seen_at),
    };
    let key = [views::Column::UserId, views::Column::ReviewId];
    let change = [views::Column::ContentHash, views::Column::SeenAt];
    let replace = OnConflict::columns(key).update_columns(change).to_owned();
    let insert = views::Entity::insert(row.into_active_model()).on_conflict(replace);
    insert.exec_without_returning(&tx.inner).await.map_err(StoreError::of_write("a view"))?;
    Ok(())
}

/// What an admin read last of any review of a tool.
///
/// # Errors
/// When the database fails.
pub async fn last_view(connection: &impl Connection, user: UserId, tool: ToolId) -> Result<Option<View>, StoreError> {
    let of_tool = views::Entity::find()
        .filter(views::Column::UserId.eq(user.0))
        .filter(views::Column::ToolId.eq(tool.0))
        .order_by_desc(views::Column::SeenAt)
        .order_by_desc(views::Column::ReviewId);
    Ok(of_tool.one(&connection.executor()).await?.map(View::from))
}

impl TryFrom<revisions::Model> for ReviewRevision {
    type Error = StoreError;

    fn try_from(row: revisions::Model) -> Result<Self, StoreError> {
        Ok(Self {
            review_id: ReviewId(row.review_id),
            content_hash: ContentHash(row.content_hash),
            version_id: VersionId(row.version_id),
            purpose: Place("review_revisions", "purpose").parse_word(row.purpose)?,
            requested: Place("review_revisions", "requested").parse_json(row.requested)?,
            lock: row.lock_hash.map(ContentHash),
            created_at: row.created_at,
        })
    }
}

impl From<views::Model> for View {
    fn from(row: views::Model) -> Self {
        Self {
            user_id: UserId(row.user_id),
            review_id: ReviewId(row.review_id),
            tool_id: ToolId(row.tool_id),
            content_hash: ContentHash(row.content_hash),
            seen_at: row.seen_at,
        }
    }
}
