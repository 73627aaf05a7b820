//! One page of a query: its rows and how many there are in all.

use mcpbox_core::paging::{Page, PageRequest};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, QuerySelect, Select};

use crate::error::StoreError;

/// Fetches a page of `select` (already filtered and ordered) and converts its rows.
pub(crate) async fn page<E, T>(
    executor: &impl ConnectionTrait,
    select: Select<E>,
    request: PageRequest,
) -> Result<Page<T>, StoreError>
where
    E: EntityTrait<Model: Send + Sync>,
    T: TryFrom<E::Model, Error = StoreError>,
{
    let total = select.clone().count(executor).await?;
    let rows = select.offset(request.offset()).limit(request.limit()).all(executor).await?;
    Ok(request.page(convert(rows)?, total))
}

/// Converts rows, stopping at the first that is corrupt.
pub(crate) fn convert<M, T: TryFrom<M, Error = StoreError>>(rows: Vec<M>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}
