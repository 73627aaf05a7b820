//! What came of repeating the live version's examples for a submission: one row a review, replaced when they are repeated.

use mcpbox_core::{ids::ReviewId, regression::Regression};
use sea_orm::{EntityTrait, IntoActiveModel, sea_query::OnConflict};

use crate::{
    convert::{Place, time},
    entity::regressions::{Column, Entity, Model},
    error::StoreError,
    store::{Connection, Tx},
};

/// Writes where the repetition for a review stands, in place of what was there.
///
/// # Errors
/// [`StoreError::Missing`] when the review is gone.
pub async fn put(tx: &Tx, review: ReviewId, regression: &Regression) -> Result<(), StoreError> {
    let row = Model {
        review_id: review.0,
        report: Place("regressions", "report").json_text(regression)?,
        started_at: time(regression.started_at),
        finished_at: regression.finished_at.map(time),
    };
    let columns = [Column::Report, Column::StartedAt, Column::FinishedAt];
    let replace = OnConflict::column(Column::ReviewId).update_columns(columns).to_owned();
    let write = Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("the repetition of examples"))?;
    Ok(())
}

/// Where the repetition for a review stands; none when there was nothing to repeat.
///
/// # Errors
/// When the database fails.
pub async fn of_review(connection: &impl Connection, review: ReviewId) -> Result<Option<Regression>, StoreError> {
    let Some(row) = Entity::find_by_id(review.0).one(&connection.executor()).await? else { return Ok(None) };
    Place("regressions", "report").parse_json_text(&row.report).map(Some)
}
