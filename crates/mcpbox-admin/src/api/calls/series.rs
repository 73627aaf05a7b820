//! `GET /api/calls/series`: what a chart of runs shows.

use axum::{Json, extract::State};
use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_catalog::listing::{self, CallFigures, Span};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::CallQuery;
use crate::{api::Answer, auth::Viewer, extract::Query, problem::Problem, state::AdminState};

/// Steps of one answer.
const STEPS_MAX: i64 = 400;
/// How far back without `since`.
const DAY: TimeDelta = TimeDelta::days(1);

/// How long a step is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepQuery {
    /// Length of a step, milliseconds; at most 400 steps from `since` to `until`. A fiftieth of the time unless given.
    #[param(minimum = 1)]
    step_ms: Option<i64>,
}

/// Runs over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallSeries {
    /// Begin of the first step.
    since: DateTime<Utc>,
    /// The moment before which the last step ends.
    until: DateTime<Utc>,
    /// Length of a step, milliseconds; the last may be shorter.
    step_ms: i64,
    /// All of it together.
    whole: SeriesFigures,
    /// Step after step.
    steps: Vec<SeriesFigures>,
}

/// The runs that began within a stretch of time. Durations are those of real runs, not estimates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesFigures {
    /// When it begins.
    at: DateTime<Utc>,
    /// How many runs.
    total: u64,
    /// How many of them failed.
    failed: u64,
    /// Half of them took at most this, microseconds; none without a run.
    p50_us: Option<u64>,
    /// 95 of a hundred took at most this, microseconds; none without a run.
    p95_us: Option<u64>,
}

/// Counts runs, failures and how long runs took, step by step from `since` (a day before `until`) to `until` (now).
#[utoipa::path(get, path = "/calls/series", tag = "calls", params(CallQuery, StepQuery), responses((status = OK, body = CallSeries)))]
pub(crate) async fn series(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(query): Query<CallQuery>,
    Query(StepQuery { step_ms }): Query<StepQuery>,
) -> Answer<CallSeries> {
    let filter = query.filter(&state, &viewer).await?;
    let until = filter.until.unwrap_or_else(|| state.catalog.now());
    let since = filter.since.or_else(|| until.checked_sub_signed(DAY)).unwrap_or(until);
    let length = (until - since).num_milliseconds();
    let step_ms = step_ms.unwrap_or(length / 50).clamp(1, length.max(1));
    let spans = steps(since, until, step_ms)?;
    let whole = [Span { begin: since, end: until }];
    let (whole, parts) = tokio::try_join!(
        listing::call_series(&state.catalog, &filter, &whole),
        listing::call_series(&state.catalog, &filter, &spans)
    )?;
    let whole = told(since, whole.into_iter().next().unwrap_or_default());
    let steps = spans.iter().zip(parts).map(|(span, figures)| told(span.begin, figures)).collect();
    Ok(Json(CallSeries { since, until, step_ms, whole, steps }))
}

fn steps(since: DateTime<Utc>, until: DateTime<Utc>, step_ms: i64) -> Result<Vec<Span>, Problem> {
    let length = (until - since).num_milliseconds();
    if length <= 0 {
        return Err(Problem::invalid("`until` must be after `since`."));
    }
    if length.div_euclid(step_ms) >= STEPS_MAX {
        let least = length / STEPS_MAX + 1;
        return Err(Problem::invalid(format!(
            "That would be more than {STEPS_MAX} steps: give a step_ms of {least} or more, or a shorter time."
        )));
    }
    let after =
        |begin: &DateTime<Utc>| begin.checked_add_signed(TimeDelta::milliseconds(step_ms)).filter(|at| *at < until);
    let begins = std::iter::successors(Some(since), after);
    Ok(begins.map(|begin| Span { begin, end: after(&begin).unwrap_or(until) }).collect())
}

fn told(at: DateTime<Utc>, figures: CallFigures) -> SeriesFigures {
    let CallFigures { total, failed, p50_us, p95_us } = figures;
    SeriesFigures { at, total, failed, p50_us, p95_us }
}
