//! Code mode: a script in quarantine that calls live tools, so that what passes between them need not pass through the
//! LLM. The script itself has no network and no secrets; each tool it calls is authorised, limited and logged as if it
//! had been called directly.

use std::sync::Arc;

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    call::Profile,
    execute::{Environment, Execution, Observer, Program},
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::{CallId, ServerId, ToolId, VersionId},
    principal::Principal,
    server::CodePolicy,
};
use serde_json::{Map, Value, json};

use super::code;
use crate::{
    Caller, Catalog, CatalogError,
    call::CallReply,
    next::YOURS,
    record::Run,
    script::{CountCall, ScriptObserver},
    validate,
};

const RUN_CODE: &str = "mcpbox_run_code";

/// A script.
#[derive(Clone)]
pub struct RunCode {
    /// Python source with a `main`.
    pub code: String,
    /// Arguments of `main`.
    pub arguments: Map<String, Value>,
    /// Asked before each call of a tool, with its name; refuses what comes too often.
    pub count: Arc<CountCall>,
}

/// Runs a script. Dropping the future ends it and every call it made. A script that fails is no error: the reply says why.
///
/// # Errors
/// `forbidden` while an admin has code mode off or when the caller may not author or call nothing, `syntax` with line, snippet and hint,
/// `invalid_arguments`.
pub async fn run_code(
    cat: &Arc<Catalog>,
    who: &Principal,
    request: RunCode,
    observer: Arc<dyn Observer>,
) -> Result<CallReply, CatalogError> {
    Caller::from(who).check_author()?;
    Caller::from(who).check_call()?;
    let snapshot = cat.snapshot();
    check_on(snapshot.settings().code_mode)?;
    let analysis = code::check(&request.code, CodePolicy::Strict).map_err(again)?;
    let arguments = check_arguments(&analysis, request.arguments)?;
    let shown = Map::from_iter([
        ("code".to_owned(), Value::from(request.code.as_str())),
        ("arguments".to_owned(), Value::Object(arguments.clone())),
    ]);
    let record = cat.records.open(about(cat, who), &shown);
    let call_id = record.id();
    let execution = Execution {
        call_id,
        program: Arc::new(program(request.code, &analysis)),
        entry: Default::default(),
        arguments,
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits: snapshot.settings().default_limits.script(),
    };
    let observer = ScriptObserver::new(observer, cat, who, call_id, request.count);
    let mut outcome = cat.executor.execute(execution, record.observer(Arc::new(observer))).await;
    if let Err(failure) = &mut outcome.result {
        explain(failure);
    }
    record.close(&outcome).await;
    let structured = outcome.result.as_ref().ok().and_then(|output| structured(&output.value));
    Ok(CallReply { call_id: Some(call_id), result: outcome.result, structured, tool: None, offer: None })
}

fn structured(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Null => None,
        Value::Object(map) => Some(map.clone()),
        other => Some(Map::from_iter([("result".to_owned(), other.clone())])),
    }
}

fn check_on(is_on: bool) -> Result<(), Failure> {
    if is_on {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Forbidden, "an admin has switched code mode off on this MCPbox")
        .hint("find tools with mcpbox_search_tools and call them one by one with mcpbox_call_tool")
        .next("mcpbox_search_tools", json!({"query": ""})))
}

/// What is wrong with a script is mended by sending it again, not by changing a stored tool.
fn again(failure: Failure) -> Failure {
    let hint = failure.hint.as_deref().unwrap_or("correct that line").replace("; nothing was stored", "");
    failure.hint(hint).next(RUN_CODE, json!({"code": YOURS}))
}

fn check_arguments(analysis: &Analysis, arguments: Map<String, Value>) -> Result<Map<String, Value>, CatalogError> {
    let validator = validate::compile(&analysis.input_schema).map_err(CatalogError::internal)?;
    let schema = analysis.input_schema.as_object().cloned().unwrap_or_default();
    let again = (RUN_CODE, validate::call_again as validate::Again);
    let checked = validate::check_arguments(&validator, &schema, again, arguments);
    checked.map_err(|failure| {
        let meant = failure.next.as_ref().and_then(|next| next.arguments.get("arguments")).cloned();
        let failure = failure.hint("give them in `arguments`, by the names of main's parameters");
        failure.next(RUN_CODE, json!({"code": YOURS, "arguments": meant})).into()
    })
}

fn about<'r>(cat: &Catalog, who: &Principal) -> Run<'r> {
    Run {
        server_id: ServerId::default(),
        server_name: "mcpbox",
        tool_id: ToolId::default(),
        tool_name: "run_code",
        version_id: VersionId::default(),
        entry: Default::default(),
        profile: Profile::Quarantine,
        actor: who.actor(),
        started_at: cat.clock.now(),
        trial: None,
        parent: None::<CallId>,
    }
}

fn program(source: String, analysis: &Analysis) -> Program {
    Program {
        content_hash: ContentHash::of(&json!({ "script": source })),
        source,
        policy: CodePolicy::Strict,
        modules: mcpbox_analysis::default_modules().iter().map(|name| (*name).to_owned()).collect(),
        environment: Environment::Base,
        imports: analysis.imports.iter().map(|import| import.module.clone()).collect(),
        uses_http: analysis.uses_http,
    }
}

/// A script gets nothing of its own, so nothing can be asked for it: what it lacks belongs into a tool.
fn explain(failure: &mut Failure) {
    let hint = match failure.kind {
        FailureKind::HostDenied => "a script has no network of its own: call a tool that was granted the host",
        FailureKind::SecretMissing => "a script has no secrets: call a tool that was granted the secret",
        FailureKind::ImportDenied => {
            "a script has only the default modules (mcpbox_get_server_modules lists them): call a tool that has the module"
        }
        _ => return,
    };
    failure.hint = Some(hint.to_owned());
    failure.next = (failure.kind != FailureKind::ImportDenied)
        .then(|| crate::next::next_call("mcpbox_search_tools", json!({"query": ""})));
}
