//! Trying the newest version in the quarantine profile: no secrets, only hosts already granted, tight limits. The run
//! is kept as evidence for the review.

use std::sync::Arc;

use mcpbox_core::{
    call::TrialPurpose,
    execute::{HttpMock, Observed, Observer, ToolOutput},
    failure::{Failure, FailureKind, NextCall},
    ids::CallId,
    server::Server,
    settings::DraftTesting,
    version::{Version, VersionState},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    Caller, Catalog, CatalogError, NextStep,
    load::{self, Loaded},
    needs::{refused, request_call},
    next::YOURS,
    offers::Function,
    trial::{self, Attempt, Tried},
};

/// A test run.
#[derive(Debug, Clone, Default)]
pub struct TestCode {
    /// The tool.
    pub tool: String,
    /// Which of its functions.
    pub function: Function,
    /// Arguments of that function.
    pub arguments: Map<String, Value>,
    /// Canned answers; when given, nothing else is reachable.
    pub http_mocks: Option<Vec<HttpMock>>,
    /// What the user answers to each `ctx.elicit`, in order: the content of the form, or `{action, content}`.
    pub answers: Option<Vec<Value>>,
}

/// What came of a test run.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestReport {
    /// Names the evidence.
    pub call_id: CallId,
    /// `server__tool`.
    pub name: String,
    /// The version that ran.
    pub version: u32,
    /// Whether it returned.
    pub succeeded: bool,
    /// What it returned.
    pub result: Value,
    /// MCP content blocks it returned.
    pub content: Vec<Value>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What it printed.
    pub stdout: String,
    /// What it said with `ctx.log`.
    pub logs: Vec<String>,
    /// Whether the run is repeated for each newer version once this one is live.
    pub is_example: bool,
    /// Hosts tried, modules imported, time, memory.
    pub observed: Observed,
    /// One request for each thing that was refused; `mcpbox_request_publish` asks for all of them by itself.
    pub requests: Vec<NextCall>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Runs the newest version of a tool in quarantine and keeps the evidence.
///
/// # Errors
/// `not_found`, `invalid_arguments` for arguments or mocks outside the rules, `forbidden` while the settings allow
/// tests only after approval. A run that fails is no error: the report says why.
pub async fn test_code(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    request: TestCode,
    observer: Arc<dyn Observer>,
) -> Result<TestReport, CatalogError> {
    let who = who.into();
    let snapshot = cat.snapshot();
    let id = who.tool(&snapshot, &request.tool)?.tool.id;
    let loaded = load::tool(&cat.store.reader(), id).await?;
    check_allowed(snapshot.settings().draft_testing, &loaded.newest, &loaded.name())?;
    // Tests are kept as evidence.
    cat.check_room()?;
    let version = loaded.newest.clone();
    try_version(cat, who, TrialPurpose::Author, (&loaded, version), request, observer).await
}

/// Runs one version in quarantine, keeps the evidence and tells what came of it.
pub(crate) async fn try_version(
    cat: &Arc<Catalog>,
    who: Caller<'_>,
    purpose: TrialPurpose,
    (loaded, version): (&Loaded, Version),
    request: TestCode,
    observer: Arc<dyn Observer>,
) -> Result<TestReport, CatalogError> {
    let number = version.number;
    let attempt = Attempt {
        server: &loaded.server,
        tool: &loaded.tool,
        version,
        actor: who.actor(),
        purpose,
        function: request.function.clone(),
        arguments: request.arguments,
        http_mocks: request.http_mocks,
        answers: request.answers,
        repeats: None,
    };
    let tried = trial::run(cat, attempt, observer).await?;
    Ok(report(loaded.name(), number, &loaded.server, (&request.function, tried)))
}

fn check_allowed(policy: DraftTesting, newest: &Version, name: &str) -> Result<(), Failure> {
    if policy == DraftTesting::Quarantine || newest.state == VersionState::Approved {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Forbidden, "this MCPbox allows tests only of approved versions")
        .hint("ask for publication without a test")
        .next("mcpbox_request_publish", json!({"tool_id": name})))
}

fn report(name: String, version: u32, server: &Server, (function, tried): (&Function, Tried)) -> TestReport {
    let Tried { call_id, outcome, record, beside } = tried;
    let refused = refused(&outcome.observed, server.code_policy);
    let requests: Vec<NextCall> = refused.iter().map(|capability| request_call(capability, &name)).collect();
    let tested = (function, beside.as_ref());
    let next = next_steps(&name, tested, outcome.result.as_ref().err(), &outcome.observed, requests.is_empty());
    let (succeeded, output, failure) = match outcome.result {
        Ok(output) => (true, output, None),
        Err(failure) => (false, ToolOutput::default(), Some(failure)),
    };
    TestReport {
        call_id,
        name,
        version,
        succeeded,
        result: output.value,
        content: output.content,
        failure,
        stdout: outcome.stdout,
        is_example: record.as_ref().and_then(|record| record.trial.as_ref()).is_some_and(|trial| trial.is_example),
        logs: record.map(|record| record.logs).unwrap_or_default(),
        observed: outcome.observed,
        requests,
        next,
    }
}

fn next_steps(
    name: &str,
    (function, beside): (&Function, Option<&Function>),
    failure: Option<&Failure>,
    observed: &Observed,
    nothing_refused: bool,
) -> Vec<NextStep> {
    let publish = |step: &str| NextStep::call(step, "mcpbox_request_publish", json!({"tool_id": name}));
    let test = |step: &str, argument: &str, value: Value| {
        let mut arguments = function.of_tool(name);
        if let Some(all) = arguments.as_object_mut() {
            all.insert(argument.to_owned(), value);
        }
        NextStep::call(step, "mcpbox_test_code", arguments)
    };
    let answered = json!([{YOURS: YOURS}]);
    let mocked = json!([{"url": mock_url(observed), "body": {}}]);
    match failure.map(|failure| failure.kind) {
        None if nothing_refused => {
            let rest = beside.map(|rest| {
                let step = "or test what it offers beside main first, with its arguments";
                NextStep::call(step, "mcpbox_test_code", rest.of_tool(name))
            });
            [publish("it works; ask for publication")].into_iter().chain(rest).collect()
        }
        _ if !nothing_refused => vec![
            publish(
                "ask for publication: what was refused here is asked for with it, and this run is shown as evidence",
            ),
            test("or test the rest with mocked answers first", "http_mocks", mocked),
        ],
        Some(FailureKind::CannotAsk) => {
            vec![test("test again with what the user would answer", "answers", answered)]
        }
        Some(FailureKind::SecretMissing) => vec![
            publish(
                "tests run without secrets; ask for publication: approved, the tool gets the secrets it was granted",
            ),
            test(
                "or test with mocked answers first: the code then gets placeholders for secrets",
                "http_mocks",
                mocked,
            ),
        ],
        _ => vec![
            NextStep::call("mend the code", "mcpbox_update_tool", json!({"tool_id": name, "python_code": YOURS})),
            NextStep::call("and test it again", "mcpbox_test_code", function.of_tool(name)),
        ],
    }
}

/// What a mock for the host that was tried last looks like.
fn mock_url(observed: &Observed) -> String {
    match observed.hosts.last() {
        Some(attempt) if attempt.port == 443 => format!("https://{}/*", attempt.host),
        Some(attempt) if attempt.port == 80 => format!("http://{}/*", attempt.host),
        Some(attempt) => format!("http://{}:{}/*", attempt.host, attempt.port),
        None => "https://*".to_owned(),
    }
}
