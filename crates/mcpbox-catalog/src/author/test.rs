//! Trying the newest version in the quarantine profile: no secrets, only hosts already granted, tight limits. The run
//! is kept as evidence for the review.

use std::sync::Arc;

use mcpbox_core::{
    call::Profile,
    capability::Capability,
    execute::{Environment, Execution, HttpMock, Observed, Observer, Outcome, Program, ToolOutput, UnsealedSecret},
    failure::{Failure, FailureKind, NextCall},
    ids::CallId,
    name::published_name,
    secret::SecretMode,
    server::Server,
    settings::DraftTesting,
    version::{Version, VersionState},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Caller, Catalog, CatalogError, NextStep,
    allowed::Allowed,
    compile::Compiled,
    expiry,
    load::{self, Loaded},
    nearest,
    needs::{Standing, refused, request_call},
    packages,
    record::Run,
    run, validate,
};

/// Canned answers of one test.
const MOCKS_MAX: usize = 50;

/// A test run.
#[derive(Debug, Clone, Deserialize)]
pub struct TestCode {
    /// The tool.
    #[serde(rename = "tool_id")]
    pub tool: String,
    /// Arguments of `main`.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// Canned answers; when given, nothing else is reachable.
    #[serde(default)]
    pub http_mocks: Option<Vec<HttpMock>>,
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
    mut request: TestCode,
    observer: Arc<dyn Observer>,
) -> Result<TestReport, CatalogError> {
    let who = who.into();
    who.check_author()?;
    expiry::enforce(cat).await?;
    let snapshot = cat.snapshot();
    let id = snapshot.find_tool(&request.tool)?.tool.id;
    let reader = cat.store.reader();
    let Loaded { server, tool, newest } = load::tool(&reader, id).await?;
    let name = published_name(&server.name, &tool.name);
    check_allowed(snapshot.settings().draft_testing, &newest, &name)?;
    check_mocks(request.http_mocks.as_deref())?;
    let compiled = Compiled::any(newest).map_err(CatalogError::internal)?;
    request.arguments = validate::check_arguments(&compiled.arguments, &name, request.arguments)?;
    let standing = Standing::read(&reader, &server, id).await?;

    let about = Run {
        server_id: server.id,
        server_name: server.name.as_str(),
        tool_id: id,
        tool_name: tool.name.as_str(),
        version_id: compiled.version.id,
        profile: Profile::Quarantine,
        actor: who.actor(),
        started_at: cat.clock.now(),
    };
    let record = cat.records.open(about, &request.arguments);
    let call_id = record.id();
    let allowed = Allowed::from_grants(standing.approved());
    let outcome = match environment(cat, &allowed, &compiled, &name).await {
        Ok(environment) => {
            let program = Arc::new(allowed.program(&server, &compiled, environment));
            let mut outcome =
                cat.executor.execute(execution(call_id, &server, &compiled, allowed, program, request), observer).await;
            run::complete(&mut outcome, &compiled, &name, server.code_policy);
            outcome
        }
        Err(failure) => refused_outcome(failure, &allowed, &compiled),
    };
    record.close_durably(&outcome).await;
    Ok(report(call_id, name, compiled.version.number, &server, outcome))
}

/// The packages the code runs with, as they are granted now: nothing that is only asked for is installed.
async fn environment(
    cat: &Arc<Catalog>,
    allowed: &Allowed,
    compiled: &Compiled,
    name: &str,
) -> Result<Environment, Failure> {
    if let Some(set) = allowed.packages.set(compiled) {
        packages::ensure_asked(cat, &set).await.map_err(CatalogError::into_failure)?;
    }
    let environment = allowed.packages.environment(compiled, cat.snapshot().resolutions(), name)?;
    packages::ready(cat, &environment).await?;
    Ok(environment)
}

/// A run that did not begin, with what it lacked as evidence, so that the bundle asks for it.
fn refused_outcome(failure: Failure, allowed: &Allowed, compiled: &Compiled) -> Outcome {
    let missing = compiled.packages.iter().filter(|(_, package)| !allowed.packages.serve(package));
    let denied_modules = missing.map(|(module, _)| module.clone()).collect();
    Outcome {
        result: Err(failure),
        stdout: String::new(),
        observed: Observed { denied_modules, ..Observed::default() },
    }
}

/// Quarantine: modules and hosts that were granted but no secret's value, tight limits, only the mocks when there are some.
fn execution(
    call_id: CallId,
    server: &Server,
    compiled: &Compiled,
    allowed: Allowed,
    program: Arc<Program>,
    request: TestCode,
) -> Execution {
    Execution {
        call_id,
        program,
        arguments: request.arguments,
        hosts: allowed.hosts.into(),
        secrets: if request.http_mocks.is_some() { stand_ins(call_id, compiled) } else { Vec::new() },
        http_mocks: request.http_mocks,
        limits: server.limits.quarantine(),
    }
}

/// With mocked answers nothing leaves the box, so code that reads secrets may run: it gets placeholders for values that
/// do not exist, bound to no host.
fn stand_ins(call_id: CallId, compiled: &Compiled) -> Vec<UnsealedSecret> {
    let used = compiled.version.content.capabilities.iter().filter_map(|capability| match capability {
        Capability::Secret { key } => Some(key.clone()),
        _ => None,
    });
    used.map(|key| UnsealedSecret {
        value: SecretString::from(format!("stand-in for {key} in {call_id}")),
        key,
        mode: SecretMode::Sealed,
        hosts: Vec::new(),
    })
    .collect()
}

fn check_allowed(policy: DraftTesting, newest: &Version, name: &str) -> Result<(), Failure> {
    if policy == DraftTesting::Quarantine || newest.state == VersionState::Approved {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Forbidden, "this MCPbox allows tests only of approved versions")
        .hint("ask for publication without a test")
        .next("mcpbox_request_publish", json!({"tool_id": name})))
}

fn check_mocks(mocks: Option<&[HttpMock]>) -> Result<(), Failure> {
    let mocks = mocks.unwrap_or_default();
    let invalid = |message: String| Failure::new(FailureKind::InvalidArguments, message);
    if mocks.len() > MOCKS_MAX {
        return Err(invalid(format!("{} http_mocks are given; at most {MOCKS_MAX} are allowed", mocks.len())));
    }
    match mocks.iter().find(|mock| !mock.url.starts_with("http://") && !mock.url.starts_with("https://")) {
        Some(mock) => Err(invalid(format!(
            "the mocked url '{}' does not start with http:// or https://",
            nearest::shown(&mock.url)
        ))
        .hint("give the exact URL, or a prefix that ends in *")),
        None => match mocks.iter().find(|mock| !(100..=599).contains(&mock.status)) {
            Some(mock) => Err(invalid(format!("{} is no HTTP status", mock.status))),
            None => Ok(()),
        },
    }
}

fn report(call_id: CallId, name: String, version: u32, server: &Server, outcome: Outcome) -> TestReport {
    let refused = refused(&outcome.observed, server.code_policy);
    let requests: Vec<NextCall> = refused.iter().map(|capability| request_call(capability, &name)).collect();
    let next = next_steps(&name, outcome.result.as_ref().err(), requests.is_empty());
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
        observed: outcome.observed,
        requests,
        next,
    }
}

fn next_steps(name: &str, failure: Option<&Failure>, nothing_refused: bool) -> Vec<NextStep> {
    let publish = |step: &str| NextStep::call(step, "mcpbox_request_publish", json!({"tool_id": name}));
    let mocked = json!({"tool_id": name, "http_mocks": [{"url": "https://…", "body": {}}]});
    match failure.map(|failure| failure.kind) {
        None if nothing_refused => vec![publish("it works; ask for publication")],
        _ if !nothing_refused => vec![
            publish(
                "ask for publication: what was refused here is asked for with it, and this run is shown as evidence",
            ),
            NextStep::call("or test the rest with mocked answers first", "mcpbox_test_code", mocked),
        ],
        Some(FailureKind::SecretMissing) => vec![
            NextStep::call(
                "tests run without secrets; with mocked answers the code gets placeholders instead",
                "mcpbox_test_code",
                mocked,
            ),
            publish("or ask for publication; approved, the tool gets the secrets it was granted"),
        ],
        _ => vec![
            NextStep::call("mend the code", "mcpbox_update_tool", json!({"tool_id": name, "python_code": "…"})),
            NextStep::call("and test it again", "mcpbox_test_code", json!({"tool_id": name})),
        ],
    }
}
