//! Running a version in the quarantine profile: no secrets, only hosts already granted, tight limits. The run is kept as
//! evidence of that version.

use std::sync::Arc;

use mcpbox_core::{
    call::{CallRecord, Profile, Trial, TrialPurpose},
    capability::Capability,
    execute::{Entry, Environment, Execution, HttpMock, Observed, Observer, Outcome, Program, UnsealedSecret},
    failure::{Failure, FailureKind},
    ids::CallId,
    name::published_name,
    principal::Actor,
    secret::SecretMode,
    server::Server,
    tool::Tool,
    version::Version,
};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::{
    Catalog, CatalogError,
    allowed::Allowed,
    ask,
    compile::Compiled,
    expiry, nearest,
    needs::Standing,
    offers::{self, Function, Offer},
    packages,
    record::Run,
    redact, run, source, validate,
};

/// Canned answers of one test.
const MOCKS_MAX: usize = 50;
/// Longest form of canned answers that is kept for a repetition, bytes of JSON.
const MOCKS_KEPT_BYTES: usize = 64 << 10;

/// What is tried, and how.
pub(crate) struct Attempt<'a> {
    pub(crate) server: &'a Server,
    pub(crate) tool: &'a Tool,
    pub(crate) version: Version,
    pub(crate) actor: Actor,
    pub(crate) purpose: TrialPurpose,
    pub(crate) function: Function,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) http_mocks: Option<Vec<HttpMock>>,
    /// What the user answers to its questions.
    pub(crate) answers: Option<Vec<Value>>,
    /// The example that is repeated.
    pub(crate) repeats: Option<CallId>,
}

/// What came of it.
pub(crate) struct Tried {
    pub(crate) call_id: CallId,
    pub(crate) outcome: Outcome,
    /// As it is kept; none when it could not be.
    pub(crate) record: Option<CallRecord>,
    /// The first prompt or resource beside `main`, when that ran.
    pub(crate) beside: Option<Function>,
}

/// Runs a version in quarantine and keeps the evidence.
///
/// # Errors
/// `invalid_arguments` for arguments or mocks outside the rules. A run that fails is no error.
pub(crate) async fn run(
    cat: &Arc<Catalog>,
    mut attempt: Attempt<'_>,
    observer: Arc<dyn Observer>,
) -> Result<Tried, CatalogError> {
    expiry::enforce(cat).await?;
    let (server, tool) = (attempt.server, attempt.tool);
    let name = published_name(&server.name, &tool.name);
    source::check_ours(tool, &name)?;
    check_mocks(attempt.http_mocks.as_deref())?;
    let asker = ask::canned(attempt.answers.clone())?;
    let compiled = Compiled::any(attempt.version.clone()).map_err(CatalogError::internal)?;
    let (offer, values) = compiled.offers.find(&name, &attempt.function)?;
    let entry = offer.as_ref().map(Offer::entry).unwrap_or_default();
    let given = std::mem::take(&mut attempt.arguments).into_iter().chain(values).collect();
    let arguments = offers::check(&compiled, offer.as_ref(), (&name, validate::test_again), given)
        .map_err(|failure| leading_on(failure, &attempt.function, &name))?;
    let trial = trial(&attempt, &arguments);
    let standing = Standing::read(&cat.store.reader(), server, tool.id).await?;
    let about = Run {
        server_id: server.id,
        server_name: server.name.as_str(),
        tool_id: tool.id,
        tool_name: tool.name.as_str(),
        version_id: compiled.version.id,
        entry: entry.clone(),
        profile: Profile::Quarantine,
        actor: attempt.actor,
        started_at: cat.clock.now(),
        trial: Some(trial),
        parent: None,
    };
    let record = cat.records.open(about, &arguments);
    let call_id = record.id();
    let allowed = Allowed::from_grants(standing.approved());
    let outcome = match environment(cat, &allowed, &compiled, &name).await {
        Ok(environment) => {
            let program = Arc::new(allowed.program(server, &compiled, environment));
            let input = (entry, arguments, attempt.http_mocks);
            let execution = execution(call_id, server, &compiled, allowed, program, input);
            let observer = asker.observer(record.observer(observer));
            let mut outcome = cat.executor.execute(execution, observer).await;
            record.note(asker.close(cat, &mut outcome).await);
            run::complete(&mut outcome, (&compiled, offer.as_ref()), &name, server.code_policy);
            outcome
        }
        Err(failure) => refused_outcome(failure, &allowed, &compiled),
    };
    let record = record.close_durably(&outcome).await;
    let beside = compiled.offers.first().filter(|_| offer.is_none());
    Ok(Tried { call_id, outcome, record, beside })
}

/// A refusal of arguments says how to test again also where it is for a prompt or resource.
fn leading_on(failure: Failure, function: &Function, name: &str) -> Failure {
    match failure.next {
        Some(_) => failure,
        None => failure.next("mcpbox_test_code", function.of_tool(name)),
    }
}

/// What makes the run evidence. It can be repeated only as it was: with arguments and mocks that are kept whole.
fn trial(attempt: &Attempt<'_>, arguments: &Map<String, Value>) -> Trial {
    let (given, answers) = (attempt.http_mocks.as_ref(), attempt.answers.as_ref());
    let form = json!([given, answers]);
    let is_kept = form.to_string().len() <= MOCKS_KEPT_BYTES && redact::value(&form) == form;
    Trial {
        purpose: attempt.purpose,
        content_hash: attempt.version.content_hash.clone(),
        mocked: given.is_some(),
        http_mocks: given.filter(|_| is_kept).cloned(),
        answers: answers.filter(|_| is_kept).cloned(),
        repeatable: is_kept && redact::arguments(arguments) == Value::Object(arguments.clone()),
        is_example: false,
        repeats: attempt.repeats,
    }
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
    (entry, arguments, http_mocks): (Entry, Map<String, Value>, Option<Vec<HttpMock>>),
) -> Execution {
    Execution {
        call_id,
        program,
        entry,
        arguments,
        hosts: allowed.hosts.into(),
        secrets: if http_mocks.is_some() { stand_ins(call_id, compiled) } else { Vec::new() },
        http_mocks,
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

fn check_mocks(mocks: Option<&[HttpMock]>) -> Result<(), Failure> {
    let mocks = mocks.unwrap_or_default();
    let invalid = |message: String, hint: &str| {
        Err(Failure::new(FailureKind::InvalidArguments, message).argument("http_mocks").hint(hint))
    };
    if mocks.len() > MOCKS_MAX {
        let message = format!("{} http_mocks are given; at most {MOCKS_MAX} are allowed", mocks.len());
        return invalid(message, "let one stand for many addresses with a prefix that ends in *");
    }
    for mock in mocks {
        if !mock.url.starts_with("http://") && !mock.url.starts_with("https://") {
            let url = nearest::shown(&mock.url);
            let message = format!("the mocked url '{url}' does not start with http:// or https://");
            return invalid(message, "give the exact URL, or a prefix that ends in *");
        }
        if !(100..=599).contains(&mock.status) {
            return invalid(
                format!("{} is no HTTP status", mock.status),
                "give one from 100 to 599, or leave it out: 200",
            );
        }
    }
    Ok(())
}
