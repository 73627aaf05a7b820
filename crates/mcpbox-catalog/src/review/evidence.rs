//! What a human does with evidence: looks, tries with their own input, marks examples, repeats them.

use std::sync::Arc;

use mcpbox_core::{
    call::{CallRecord, Trial, TrialPurpose},
    event::LiveEvent,
    execute::{HttpMock, Unobserved},
    failure::{Failure, FailureKind},
    ids::{CallId, ReviewId},
    paging::LogRequest,
    regression::{Regression, RegressionState, Verdict},
    review::{Review, ReviewState},
    version::Version,
};
use mcpbox_store::{
    audit::{self, AuditFilter},
    calls::{self, EXAMPLES_MAX},
    regressions, reviews, versions,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    Caller, Catalog, CatalogError, Reviewer,
    author::{self, TestCode, TestReport},
    change::Change,
    error::refused,
    evidence::regression,
    load,
    offers::Function,
    policy,
};

/// How the examples of the live version compare, and where that stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegressionReport {
    /// Where it stands.
    pub state: RegressionState,
    /// What came of it so far.
    #[serde(flatten)]
    pub regression: Regression,
}

impl RegressionReport {
    /// The report about a review; none when there was nothing to repeat.
    pub(crate) async fn of_review(cat: &Catalog, review: ReviewId) -> Result<Option<Self>, CatalogError> {
        let found = regressions::of_review(&cat.store.reader(), review).await?;
        let now = cat.clock.now();
        Ok(found.map(|regression| Self { state: regression.state(now), regression }))
    }

    /// What its author should know of it.
    pub(crate) fn advice(&self) -> Option<String> {
        let comparisons = &self.regression.comparisons;
        let count = |verdict| comparisons.iter().filter(|comparison| comparison.verdict == verdict).count();
        let (all, against) = (comparisons.len(), self.regression.against_number);
        match self.state {
            RegressionState::Same | RegressionState::Interrupted => None,
            RegressionState::Running => {
                Some(format!("the examples of version {against} are being repeated; the review shows what comes of it"))
            }
            RegressionState::Changed => Some(format!(
                "{} of {all} examples of version {against} give something else now; if that is intended, say so in the notes",
                count(Verdict::Changed)
            )),
            RegressionState::Failed => Some(format!(
                "{} of {all} examples of version {against} do not pass now: mend the code and submit again, or tell the human why",
                count(Verdict::Failed) + count(Verdict::NotRun)
            )),
        }
    }
}

/// Input of a test that a human makes up.
#[derive(Debug, Clone, Default)]
pub struct TrialInput {
    /// Which function.
    pub function: Function,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Canned answers; when given, nothing else is reachable.
    pub http_mocks: Option<Vec<HttpMock>>,
    /// What the user answers to each `ctx.elicit`, in order.
    pub answers: Option<Vec<Value>>,
}

/// Notes that a human looks at a review as it is now: the first time a content hash is seen counts, for the decision log.
///
/// # Errors
/// `not_found`.
pub async fn look(cat: &Arc<Catalog>, reviewer: &Reviewer, id: ReviewId) -> Result<(), CatalogError> {
    let review = find(cat, id).await?;
    if review.state != ReviewState::Open {
        return Ok(());
    }
    let (subject, hash) = (format!("review:{id}"), json!(review.content_hash));
    let filter = AuditFilter {
        actor: Some(reviewer.username().to_owned()),
        action: Some("review.look".to_owned()),
        subject: Some(subject.clone()),
        ..AuditFilter::default()
    };
    let looks = audit::log(&cat.store.reader(), &filter, LogRequest::newest(100)).await?;
    if looks.items.iter().any(|event| event.detail.get("content_hash") == Some(&hash)) {
        return Ok(());
    }
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    change.audit("review.look", subject, json!({"content_hash": hash})).await?;
    change.commit().await
}

/// Runs the very version of a review in quarantine, with input of the human's own. The run is kept as evidence.
///
/// # Errors
/// `not_found`, `invalid_arguments` for arguments or mocks outside the rules. A run that fails is no error.
pub async fn test_version(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    id: ReviewId,
    input: TrialInput,
) -> Result<TestReport, CatalogError> {
    let review = find(cat, id).await?;
    let reader = cat.store.reader();
    let loaded = load::tool(&reader, review.tool_id).await?;
    let version = version(cat, &review).await?;
    let TrialInput { function, arguments, http_mocks, answers } = input;
    let request = TestCode { tool: String::new(), function, arguments, http_mocks, answers };
    let who = Caller::Human(reviewer);
    author::try_version(cat, who, TrialPurpose::Reviewer, (&loaded, version), request, Arc::new(Unobserved)).await
}

/// Makes a kept test run one of its version's regression examples, or one no longer.
///
/// # Errors
/// `not_found`; `conflict` when it did not pass, cannot be repeated, or the version has ten examples already.
pub async fn mark_example(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    id: CallId,
    is_example: bool,
) -> Result<CallRecord, CatalogError> {
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let record = calls::by_id(&change.tx, id).await?;
    let mut record =
        record.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no record of a run {id}")))?;
    let examples = calls::examples_of_version(&change.tx, record.version_id).await?;
    let trial = check_markable(&record, examples.len(), is_example)?;
    calls::set_example(&change.tx, &record, is_example).await?;
    let detail = json!({"tool": record.tool_name, "version_id": record.version_id, "is_example": is_example});
    change.audit("example.mark", format!("call:{id}"), detail).await?;
    change.commit().await?;
    record.trial = Some(Trial { is_example, ..trial });
    Ok(record)
}

fn check_markable(record: &CallRecord, held: usize, mark: bool) -> Result<Trial, Failure> {
    let conflict = |message: &str| Failure::new(FailureKind::Conflict, message);
    let trial =
        record.trial.clone().ok_or_else(|| conflict("this is a call, no test run; only test runs can be examples"))?;
    let is_full = u64::try_from(held).is_ok_and(|held| held >= EXAMPLES_MAX);
    if mark && (record.failure.is_some() || !trial.repeatable) {
        return Err(conflict("only a test run that passed and that is kept whole can be repeated")
            .hint("arguments or mocks that look like secrets are redacted, and long ones are cut: test with others"));
    }
    if mark && !trial.is_example && is_full {
        return Err(conflict(&format!("this version has {EXAMPLES_MAX} examples already"))
            .hint("take the mark from another one first"));
    }
    Ok(trial)
}

/// Repeats the live version's examples for an open review anew. Answers after a second at most; the review shows the rest.
///
/// # Errors
/// `not_found`; `conflict` when it is decided, runs already, or there are no examples.
pub async fn repeat_examples(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    id: ReviewId,
) -> Result<RegressionReport, CatalogError> {
    let conflict = |message: &str| refused(FailureKind::Conflict, message);
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let review = find(cat, id).await?;
    if review.state != ReviewState::Open {
        return Err(conflict("this review is decided already"));
    }
    let runs = |found: Regression| found.state(change.now) == RegressionState::Running;
    if regressions::of_review(&change.tx, id).await?.is_some_and(runs) {
        return Err(conflict("the examples are being repeated now; wait for what comes of it"));
    }
    let tool = load::tool(&change.tx, review.tool_id).await?.tool;
    let begun = regression::begin(&change, id, &tool, review.version_id).await?;
    let begun = begun.ok_or_else(|| conflict("there is no live version with examples to repeat"))?;
    change.audit("review.repeat", format!("review:{id}"), json!({"against": begun.against_number})).await?;
    change.tell(LiveEvent::ReviewChanged { review_id: id });
    change.commit().await?;
    policy::after_submission(cat, id, Some(begun)).await;
    let report = RegressionReport::of_review(cat, id).await?;
    report.ok_or_else(|| conflict("this review is gone"))
}

async fn find(cat: &Catalog, id: ReviewId) -> Result<Review, CatalogError> {
    let found = reviews::by_id(&cat.store.reader(), id).await?;
    found.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no review {id}")))
}

async fn version(cat: &Catalog, review: &Review) -> Result<Version, CatalogError> {
    let found = versions::by_id(&cat.store.reader(), review.version_id).await?;
    found.ok_or_else(|| refused(FailureKind::NotFound, "the version of this review is gone"))
}
