//! Repeating the live version's examples for a submission, in quarantine, and comparing what comes of it. In the background:
//! who submits waits a second at most, and the review shows where it stands.

use std::{sync::Arc, time::Duration};

use mcpbox_core::{
    call::{CallRecord, TrialPurpose},
    execute::{HostAttempt, Unobserved},
    ids::{ReviewId, VersionId},
    principal::Actor,
    regression::{Comparison, Difference, DifferentPart, REGRESSION_MAX_SECONDS, Regression, Verdict},
    tool::Tool,
    version::Version,
};
use mcpbox_store::{calls, regressions, versions};
use tokio::time::{Instant, timeout_at};

use crate::{
    Catalog, CatalogError,
    change::Change,
    load::{self, Loaded},
    offers::Function,
    trial::{self, Attempt},
};

/// Longest text of a difference, characters.
const SHOWN_CHARS: usize = 500;

/// Begins the repetition for an open review: writes that it runs, in the transaction of the submission. None when there is no
/// other live version, or it has no examples.
pub(crate) async fn begin(
    change: &Change,
    review: ReviewId,
    tool: &Tool,
    version: VersionId,
) -> Result<Option<Regression>, CatalogError> {
    let Some(against) = tool.live_version.filter(|live| *live != version) else { return Ok(None) };
    let Some(live) = versions::by_id(&change.tx, against).await? else { return Ok(None) };
    if calls::examples_of_version(&change.tx, against).await?.is_empty() {
        return Ok(None);
    }
    let regression = Regression {
        version_id: version,
        against,
        against_number: live.number,
        comparisons: Vec::new(),
        started_at: change.now,
        finished_at: None,
    };
    regressions::put(&change.tx, review, &regression).await?;
    Ok(Some(regression))
}

/// Repeats the examples and writes what came of it.
///
/// # Errors
/// The store cannot be read or written; the review shows it as interrupted then.
pub(crate) async fn run(
    cat: &Arc<Catalog>,
    review: ReviewId,
    mut regression: Regression,
) -> Result<Regression, CatalogError> {
    let reader = cat.store.reader();
    let version = versions::by_id(&reader, regression.version_id).await?;
    let Some(version) = version else { return Ok(regression) };
    let loaded = load::tool(&reader, version.tool_id).await?;
    let deadline = Instant::now() + Duration::from_secs(REGRESSION_MAX_SECONDS);
    for example in calls::examples_of_version(&reader, regression.against).await? {
        let repeated = timeout_at(deadline, repeat(cat, &loaded, &version, &example)).await;
        regression.comparisons.push(match repeated {
            Ok(after) => compare(&example, after),
            Err(_) => not_run(&example, "the time for all examples was over"),
        });
    }
    regression.finished_at = Some(cat.clock.now());
    let tx = cat.store.begin().await?;
    // Only what was begun for this very review is finished: it may have been begun anew, or decided, meanwhile.
    let current = regressions::of_review(&tx, review).await?;
    if current.is_some_and(|current| current.started_at == regression.started_at && current.finished_at.is_none()) {
        regressions::put(&tx, review, &regression).await?;
    }
    tx.commit().await?;
    Ok(regression)
}

/// What a repetition gave: the run, or why there was none.
type Repeated = Result<CallRecord, String>;

async fn repeat(cat: &Arc<Catalog>, loaded: &Loaded, version: &Version, example: &CallRecord) -> Repeated {
    let attempt = Attempt {
        server: &loaded.server,
        tool: &loaded.tool,
        version: version.clone(),
        actor: Actor::system("regression"),
        purpose: TrialPurpose::Regression,
        function: Function::Entry(example.observed.entry.clone()),
        arguments: example.arguments.as_object().cloned().unwrap_or_default(),
        http_mocks: example.trial.as_ref().and_then(|trial| trial.http_mocks.clone()),
        answers: example.trial.as_ref().and_then(|trial| trial.answers.clone()),
        repeats: Some(example.id),
    };
    let tried = trial::run(cat, attempt, Arc::new(Unobserved)).await;
    let tried = tried.map_err(|error| error.into_failure().to_string())?;
    tried.record.ok_or_else(|| "its record could not be kept".to_owned())
}

/// How a repetition compares with its example.
fn compare(example: &CallRecord, after: Repeated) -> Comparison {
    let base = Comparison {
        example: example.id,
        run: None,
        entry: example.observed.entry.clone(),
        arguments: example.arguments.clone(),
        verdict: Verdict::Failed,
        differences: Vec::new(),
    };
    let run = match after {
        Ok(run) => run,
        Err(message) => {
            return Comparison { differences: vec![difference(DifferentPart::Failure, "none", &message)], ..base };
        }
    };
    let mut differences = Vec::new();
    if let Some(failure) = &run.failure {
        differences.push(difference(DifferentPart::Failure, "none", &failure.to_string()));
    } else if run.result != example.result {
        differences.push(difference(DifferentPart::Result, &example.result.to_string(), &run.result.to_string()));
    }
    let (before, now) = (hosts(example), hosts(&run));
    if before != now {
        differences.push(difference(DifferentPart::Hosts, &before, &now));
    }
    let verdict = match (&run.failure, differences.is_empty()) {
        (Some(_), _) => Verdict::Failed,
        (None, true) => Verdict::Same,
        (None, false) => Verdict::Changed,
    };
    Comparison { run: Some(run.id), verdict, differences, ..base }
}

fn not_run(example: &CallRecord, why: &str) -> Comparison {
    Comparison {
        example: example.id,
        run: None,
        entry: example.observed.entry.clone(),
        arguments: example.arguments.clone(),
        verdict: Verdict::NotRun,
        differences: vec![difference(DifferentPart::Failure, "none", why)],
    }
}

fn difference(part: DifferentPart, before: &str, after: &str) -> Difference {
    let cut = |text: &str| match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    Difference { part, before: cut(before), after: cut(after) }
}

/// The hosts of a run, once each: `GET api.example:443 reached`.
fn hosts(run: &CallRecord) -> String {
    let line = |attempt: &HostAttempt| {
        let outcome = format!("{:?}", attempt.outcome).to_lowercase();
        format!("{} {}:{} {outcome}", attempt.method, attempt.host, attempt.port)
    };
    let lines: std::collections::BTreeSet<String> = run.observed.hosts.iter().map(line).collect();
    if lines.is_empty() { "none".to_owned() } else { lines.into_iter().collect::<Vec<_>>().join(", ") }
}
