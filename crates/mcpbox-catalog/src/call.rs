//! The one choke point through which every call of a live tool goes: resolve → authorise → check arguments → unseal
//! secrets → execute → check the result → record. That the program is what was approved is checked when it enters the
//! snapshot, and holds because versions never change.

use std::sync::Arc;

use mcpbox_core::{
    call::Profile,
    execute::{Execution, Observed, Observer, Outcome, ToolOutput},
    failure::Failure,
    ids::CallId,
};
use serde_json::{Map, Value};
use tracing::{Instrument, field::Empty};

use crate::{
    Caller, Catalog, PublishedTool, Snapshot,
    ask::{Asker, binding},
    expiry,
    observe::{Stage, TRACE},
    offers::{self, Function, Offer},
    packages,
    record::{OpenRecord, Run},
    run, source, validate,
};

mod unseal;

use unseal::unseal;

/// Longest name that a span shows, bytes; nothing that exists is longer.
const SPAN_NAME_MAX: usize = 160;

/// What came of a call.
#[derive(Debug)]
pub struct CallReply {
    /// Names its record; none when no tool was found.
    pub call_id: Option<CallId>,
    /// The result, or why there is none.
    pub result: Result<ToolOutput, Failure>,
    /// The value as MCP's `structuredContent`: an object, wrapped as `{"result": …}` where the output schema says so.
    /// None when it failed or the value is no object and no schema wraps it.
    pub structured: Option<Map<String, Value>>,
    /// The tool that was called; none when none was found.
    pub tool: Option<Arc<PublishedTool>>,
    /// The prompt or resource of it that was asked for.
    pub offer: Option<Offer>,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    /// A tool by its name, and which of its functions.
    Tool(&'a str, &'a Function),
    Prompt(&'a str),
    /// By its URI, of one server or of any.
    Resource(&'a str, Option<&'a str>),
}

/// What runs.
struct Found {
    tool: Arc<PublishedTool>,
    /// None for `main`.
    offer: Option<Offer>,
    /// The arguments that stand in a URI.
    values: Map<String, Value>,
}

/// Calls a published tool. Dropping the future cancels the run; its record is still closed, as `cancelled`.
pub async fn call_tool(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    name: &str,
    arguments: Map<String, Value>,
    observer: Arc<dyn Observer>,
) -> CallReply {
    call_from(cat, Origin { who: who.into(), parent: None }, name, arguments, observer).await
}

/// Runs the function of a published prompt; the value of the result is its messages. Dropping the future cancels as in [`call_tool`].
pub async fn get_prompt(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    name: &str,
    arguments: Map<String, Value>,
    observer: Arc<dyn Observer>,
) -> CallReply {
    traced(cat, Origin { who: who.into(), parent: None }, Wanted::Prompt(name), arguments, observer).await
}

/// Runs the function of the published resource that a URI names, of one server or of any; the value of the result is its contents.
pub async fn read_resource(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    (uri, server): (&str, Option<&str>),
    observer: Arc<dyn Observer>,
) -> CallReply {
    traced(cat, Origin { who: who.into(), parent: None }, Wanted::Resource(uri, server), Map::new(), observer).await
}

/// Runs a function of a published tool, as [`call_tool`] runs `main`.
pub async fn call_function(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    (name, function): (&str, &Function),
    arguments: Map<String, Value>,
    observer: Arc<dyn Observer>,
) -> CallReply {
    traced(cat, Origin { who: who.into(), parent: None }, Wanted::Tool(name, function), arguments, observer).await
}

/// Who makes a call, and in which script.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) who: Caller<'a>,
    pub(crate) parent: Option<CallId>,
}

/// The same, also for a script.
pub(crate) async fn call_from(
    cat: &Arc<Catalog>,
    origin: Origin<'_>,
    name: &str,
    arguments: Map<String, Value>,
    observer: Arc<dyn Observer>,
) -> CallReply {
    traced(cat, origin, Wanted::Tool(name, &Function::Main), arguments, observer).await
}

async fn traced(
    cat: &Arc<Catalog>,
    origin: Origin<'_>,
    wanted: Wanted<'_>,
    arguments: Map<String, Value>,
    observer: Arc<dyn Observer>,
) -> CallReply {
    let (method, name) = match wanted {
        Wanted::Tool(name, _) => ("tools/call", name),
        Wanted::Prompt(name) => ("prompts/get", name),
        Wanted::Resource(uri, _) => ("resources/read", uri),
    };
    let shown: &str = if name.len() <= SPAN_NAME_MAX { name } else { "" };
    let span = tracing::info_span!(
        target: TRACE, "call", otel.name = method, tool = shown, call.id = Empty, outcome = Empty
    );
    // On the heap: the futures around it would each hold one as large.
    Box::pin(run_call(cat, origin, wanted, arguments, observer)).instrument(span).await
}

async fn run_call(
    cat: &Arc<Catalog>,
    origin: Origin<'_>,
    wanted: Wanted<'_>,
    mut arguments: Map<String, Value>,
    observer: Arc<dyn Observer>,
) -> CallReply {
    let meters = &cat.observe.calls;
    let found = match meters.stage(Stage::Authorise, authorise(cat, origin.who, wanted)).await {
        Ok(found) => found,
        Err(failure) => {
            meters.refused(failure.kind);
            return CallReply { call_id: None, result: Err(failure), structured: None, tool: None, offer: None };
        }
    };
    let Found { tool, offer, values } = found;
    arguments.extend(values);
    let binding = || binding(&tool, offer.as_ref(), origin, &arguments);
    let asker = match Asker::open(cat, observer.asking(), binding).await {
        Ok(asker) => Arc::new(asker),
        Err(failure) => {
            meters.refused(failure.kind);
            return CallReply { call_id: None, result: Err(failure), structured: None, tool: Some(tool), offer };
        }
    };
    // No run without a record: opened first, closed whatever happens.
    let mut record = cat.records.open(about(cat, &tool, offer.as_ref(), origin), &arguments);
    let call_id = record.id();
    tracing::Span::current().record("call.id", tracing::field::display(call_id));
    let prepared = meters.stage(Stage::Prepare, prepare(cat, (&tool, offer.as_ref()), arguments, &mut record)).await;
    let outcome = match prepared {
        Ok(execution) => {
            let observer = asker.observer(record.observer(observer));
            let mut outcome = match &tool.compiled.pinned {
                Some(pinned) => {
                    let run = source::run(cat, (&tool, pinned), execution, observer, &mut record);
                    meters.stage(Stage::Run, run).await
                }
                None => meters.stage(Stage::Run, cat.executor.execute(execution, observer)).await,
            };
            record.note(asker.close(cat, &mut outcome).await);
            let promised = (&*tool.compiled, offer.as_ref());
            let check = async { run::complete(&mut outcome, promised, &tool.name, tool.program.policy) };
            meters.stage(Stage::Check, check).await;
            outcome
        }
        Err(failure) => refused(failure),
    };
    record.close(&outcome).await;
    let returned = outcome.result.as_ref().ok().filter(|_| offer.is_none());
    let structured = returned.and_then(|output| tool.compiled.structured(&output.value));
    CallReply { call_id: Some(call_id), result: outcome.result, structured, tool: Some(tool), offer }
}

/// Finds what is asked for, with the grants that hold now.
async fn authorise(cat: &Arc<Catalog>, who: Caller<'_>, wanted: Wanted<'_>) -> Result<Found, Failure> {
    who.check_acts()?;
    // What fails here is refused below for the tools that it matters for.
    let _ = expiry::enforce(cat).await;
    find(&cat.snapshot(), who, wanted)
}

/// Finds it among what the caller may call.
fn find(snapshot: &Snapshot, who: Caller<'_>, wanted: Wanted<'_>) -> Result<Found, Failure> {
    who.check_call()?;
    let may_call = |server: &str| who.may_call(server);
    match wanted {
        Wanted::Tool(name, function) => {
            let tool = snapshot.resolve_among(name, may_call)?;
            let (offer, values) = tool.compiled.offers.find(&tool.name, function)?;
            Ok(Found { tool, offer, values })
        }
        Wanted::Prompt(name) => {
            let found = snapshot.find_prompt(name, may_call)?;
            let offer = Some(Offer::Prompt(found.prompt.clone()));
            Ok(Found { tool: found.tool.clone(), offer, values: Map::new() })
        }
        Wanted::Resource(uri, only) => {
            let may_read = |server: &str| may_call(server) && only.is_none_or(|only| server == only);
            let (found, values) = snapshot.find_resource(uri, may_read)?;
            let offer = Some(Offer::Resource(found.resource.clone()));
            Ok(Found { tool: found.tool.clone(), offer, values })
        }
    }
}

fn about<'t>(cat: &Catalog, tool: &'t PublishedTool, offer: Option<&Offer>, origin: Origin<'_>) -> Run<'t> {
    Run {
        server_id: tool.server_id,
        server_name: tool.server.as_str(),
        tool_id: tool.tool_id,
        tool_name: tool.tool.as_str(),
        version_id: tool.version_id,
        profile: Profile::Live,
        entry: offer.map(Offer::entry).unwrap_or_default(),
        actor: origin.who.actor(),
        started_at: cat.clock.now(),
        trial: None,
        parent: origin.parent,
    }
}

async fn prepare(
    cat: &Arc<Catalog>,
    (tool, offer): (&PublishedTool, Option<&Offer>),
    arguments: Map<String, Value>,
    record: &mut OpenRecord,
) -> Result<Execution, Failure> {
    let arguments = offers::check(&tool.compiled, offer, (&tool.name, validate::call_again), arguments)?;
    expiry::check(cat, tool)?;
    if let Some(failure) = &tool.refused {
        return Err(failure.clone());
    }
    packages::ready(cat, &tool.program.environment).await?;
    let secrets = unseal(cat, tool).await?;
    secrets.iter().for_each(|secret| record.scrub(&secret.value));
    Ok(Execution {
        call_id: record.id(),
        program: tool.program.clone(),
        entry: offer.map(Offer::entry).unwrap_or_default(),
        arguments,
        hosts: tool.hosts.clone(),
        secrets,
        http_mocks: None,
        limits: tool.limits,
    })
}

/// The outcome of a run that was refused before it began.
fn refused(failure: Failure) -> Outcome {
    Outcome { result: Err(failure), stdout: String::new(), observed: Observed::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_about_for_each_call_is_small() {
        fn size<A, F: Future>(_: impl FnOnce(A) -> F) -> usize {
            size_of::<F>()
        }
        let of = |(cat, origin, arguments, observer): (&'static Arc<Catalog>, Origin<'static>, _, _)| {
            run_call(cat, origin, Wanted::Tool("", &Function::Main), arguments, observer)
        };
        assert!(size(of) < 8_000, "{} bytes", size(of));
    }
}
