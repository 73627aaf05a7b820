//! Regression examples: successful test runs of the live version, repeated in quarantine for each submission of a newer one,
//! and how the results compare.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    execute::Entry,
    ids::{CallId, VersionId},
};

/// Longest time all examples of a submission may take together, seconds.
pub const REGRESSION_MAX_SECONDS: u64 = 60;

/// What came of repeating the examples for a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Regression {
    /// The version that was submitted.
    pub version_id: VersionId,
    /// The live version it is compared with.
    pub against: VersionId,
    /// Its number.
    pub against_number: u32,
    /// One for each example, in the order of the examples.
    pub comparisons: Vec<Comparison>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; none while it runs, or when MCPbox stopped meanwhile.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Where a repetition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegressionState {
    /// It runs.
    Running,
    /// It ended before it was done, because MCPbox stopped; an admin can repeat it.
    Interrupted,
    /// Every example gave what it gave before.
    Same,
    /// Some gave something else, and none failed.
    Changed,
    /// Some failed that did not before, or were not repeated.
    Failed,
}

impl Regression {
    /// Where it stands at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> RegressionState {
        if self.finished_at.is_none() {
            let overdue = TimeDelta::seconds(i64::try_from(2 * REGRESSION_MAX_SECONDS).unwrap_or(i64::MAX));
            let is_overdue = now - self.started_at > overdue;
            return if is_overdue { RegressionState::Interrupted } else { RegressionState::Running };
        }
        let any = |verdict| self.comparisons.iter().any(|comparison| comparison.verdict == verdict);
        if any(Verdict::Failed) || any(Verdict::NotRun) {
            RegressionState::Failed
        } else if any(Verdict::Changed) {
            RegressionState::Changed
        } else {
            RegressionState::Same
        }
    }
}

/// How one example compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// The run of the live version.
    pub example: CallId,
    /// The run of the new version; none when it was not run.
    pub run: Option<CallId>,
    /// Which function it was for.
    #[serde(default, skip_serializing_if = "Entry::is_main")]
    pub entry: Entry,
    /// Its arguments.
    pub arguments: Value,
    /// How they compare.
    pub verdict: Verdict,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// How a run compares with its example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Same result, same hosts.
    Same,
    /// It returned, but something differs.
    Changed,
    /// It failed, and did not before.
    Failed,
    /// The time for all examples was over.
    NotRun,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    /// Which part.
    pub part: DifferentPart,
    /// As the live version had it, cut at 500 characters.
    pub before: String,
    /// As the new version has it, cut at 500 characters.
    pub after: String,
}

/// What can differ between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DifferentPart {
    /// What it returned.
    Result,
    /// How it failed.
    Failure,
    /// Which hosts it tried, with method and outcome.
    Hosts,
}
