//! Runs over time: how many, how many failed and how long they took, for many spans at once, computed by the database.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, JoinType, Order,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, WindowStatement},
};

use super::filter::{CallFilter, condition};
use crate::{
    convert::time,
    entity::calls::{Column, Entity},
    error::StoreError,
    store::{Connection, at_one_moment},
};

/// Most spans of one question: each is a few parameters of one statement.
const SPANS_MAX: usize = 1_000;

/// A stretch of time: from its begin to before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub begin: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
}

/// What is known of the runs of a span. Durations are those of real runs (nearest rank): exactly `p` of a hundred took
/// that long or less; none without a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallFigures {
    /// How many.
    pub total: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Half took at most this, microseconds.
    pub p50_us: Option<u64>,
    /// 95 of a hundred took at most this, microseconds.
    pub p95_us: Option<u64>,
}

/// The figures of each span (at most 1000; the rest is left out), in the order of the spans. They may overlap.
///
/// # Errors
/// When the database fails.
pub async fn series(
    connection: &impl Connection,
    filter: &CallFilter,
    spans: &[Span],
) -> Result<Vec<CallFigures>, StoreError> {
    let spans = spans.get(..spans.len().min(SPANS_MAX)).unwrap_or_default();
    let mut found = vec![CallFigures::default(); spans.len()];
    if spans.is_empty() {
        return Ok(found);
    }
    // Ranks come from counts, so both questions see the same runs.
    let moment = at_one_moment(connection).await?;
    for row in moment.query_all(&counts(filter, spans)?).await? {
        let [number, total, failed]: [i64; 3] = read(&row)?;
        if let Some(figures) = at(&mut found, number) {
            (figures.total, figures.failed) = (total.unsigned_abs(), failed.unsigned_abs());
        }
    }
    for row in moment.query_all(&at_ranks(filter, spans, &found)?).await? {
        let [number, rank, duration]: [i64; 3] = read(&row)?;
        if let Some(figures) = at(&mut found, number) {
            let is_at = |percent| rank.unsigned_abs() == rank_of(percent, figures.total);
            let (is_p50, is_p95) = (is_at(50), is_at(95));
            figures.p50_us = if is_p50 { Some(duration.unsigned_abs()) } else { figures.p50_us };
            figures.p95_us = if is_p95 { Some(duration.unsigned_abs()) } else { figures.p95_us };
        }
    }
    Ok(found)
}

const SPAN: &str = "span";
const NUMBER: &str = "number";
const RANK: &str = "rank";
const RANKED: &str = "ranked";
// What both databases call the columns of a list of values.
const AT_NUMBER: &str = "column1";
const AT_BEGIN: &str = "column2";
const AT_END: &str = "column3";
const AT_P50: &str = "column4";
const AT_P95: &str = "column5";

/// Place of the percentile among `total` sorted runs, from 1.
fn rank_of(percent: u64, total: u64) -> u64 {
    total.saturating_mul(percent).div_ceil(100)
}

/// Number, runs and failures of each span that has runs.
fn counts(filter: &CallFilter, spans: &[Span]) -> Result<SelectStatement, StoreError> {
    let mut query = joined(filter, spans, &[])?;
    query
        .expr(Expr::col(Column::Id.as_column_ref()).count())
        .expr(Expr::col(Column::FailureKind.as_column_ref()).count());
    Ok(query.group_by_col((SPAN, AT_NUMBER)).take())
}

/// Number, rank and duration of the runs that stand at the wanted ranks of their spans.
fn at_ranks(filter: &CallFilter, spans: &[Span], found: &[CallFigures]) -> Result<SelectStatement, StoreError> {
    let mut query = joined(filter, spans, found)?;
    let by_duration = WindowStatement::partition_by((SPAN, AT_NUMBER))
        .order_by(Column::DurationUs.as_column_ref(), Order::Asc)
        .take();
    query
        .expr_window_as(Func::cust("ROW_NUMBER"), by_duration, RANK)
        .column(Column::DurationUs.as_column_ref())
        .columns([(SPAN, AT_P50), (SPAN, AT_P95)]);
    let wanted = [AT_P50, AT_P95].map(|at| Expr::col(RANK).eq(Expr::col(at)));
    let wanted = wanted.into_iter().fold(Condition::any(), Condition::add);
    Ok(Query::select()
        .columns([NUMBER, RANK])
        .column(Column::DurationUs)
        .from_subquery(query, RANKED)
        .cond_where(wanted)
        .take())
}

/// The runs of each span, with the number of the span.
fn joined(filter: &CallFilter, spans: &[Span], found: &[CallFigures]) -> Result<SelectStatement, StoreError> {
    let rank = |index: usize, percent| {
        let total = found.get(index).map_or(0, |figures| figures.total);
        i64::try_from(rank_of(percent, total)).unwrap_or(i64::MAX)
    };
    let values = spans.iter().enumerate().map(|(index, span)| {
        let number = i64::try_from(index).unwrap_or(i64::MAX);
        (number, time(span.begin), time(span.end), rank(index, 50), rank(index, 95))
    });
    let within = Condition::all()
        .add(Expr::col(Column::StartedAt.as_column_ref()).gte(Expr::col((SPAN, AT_BEGIN))))
        .add(Expr::col(Column::StartedAt.as_column_ref()).lt(Expr::col((SPAN, AT_END))));
    Ok(Query::select()
        .expr_as(Expr::col((SPAN, AT_NUMBER)), NUMBER)
        .from_values(values, SPAN)
        .join(JoinType::InnerJoin, Entity, within)
        .cond_where(condition(filter)?)
        .take())
}

fn at(found: &mut [CallFigures], number: i64) -> Option<&mut CallFigures> {
    usize::try_from(number).ok().and_then(|number| found.get_mut(number))
}

/// Three whole numbers of a row.
fn read(row: &sea_orm::QueryResult) -> Result<[i64; 3], StoreError> {
    Ok([row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?])
}
