//! An OpenAPI document becomes a server with one draft for each chosen operation, in one transaction or not at all. Nothing of it
//! is submitted, granted or approved: the drafts are read, tested and requested like any other.

mod model;

use std::{collections::BTreeMap, sync::Arc};

use mcpbox_core::{
    failure::{Failure, FailureKind},
    name::{SecretKey, ServerName, nearest_name},
    server::{CodePolicy, Server},
};
use mcpbox_openapi::{BaseUrl, CHOSEN_MAX, Document, GeneratedTool, NeededSecret, SpecError};
pub use mcpbox_openapi::{Look, LookOperation, LookParameter, LookProblem, LookServer};
use mcpbox_store::secrets;
use serde_json::json;

pub use self::model::{OpenApiImport, OpenApiReport, OpenApiSecret, OpenApiTool};
use super::{
    apply::{Conflict, Fate, ImportOptions, server as servers, tool as tools},
    model::{InSecret, InServer, InTool, InVersion},
};
use crate::{
    Caller, Catalog, CatalogError,
    author::{code, content, tool_name},
    change::Change,
    needs::is_never_reachable,
    quota,
};

/// Most reasons of a refusal that are told at once.
const REASONS_MAX: usize = 10;

/// What a document offers. Nothing is stored, nothing is fetched.
///
/// # Errors
/// `invalid_arguments` with what is wrong with the document; the caller may not use the management tools.
pub async fn look(who: impl Into<Caller<'_>>, document: String) -> Result<Look, CatalogError> {
    who.into().check_author()?;
    let read = move || Document::parse(&document).map(|document| document.look());
    Ok(in_background(read).await?.map_err(|error| refused("document", error))?)
}

/// Makes drafts of the chosen operations: all of them, or none.
///
/// # Errors
/// `invalid_arguments` with everything that is wrong with the document or the choice, `conflict` when names are taken or a secret is
/// bound to other hosts, `limit_reached`. Nothing is stored then.
pub async fn import(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    request: OpenApiImport,
) -> Result<OpenApiReport, CatalogError> {
    let who = who.into();
    who.check_author_of_all()?;
    let name = server_name(&request.server)?;
    let dry_run = request.dry_run;
    let server = name.to_string();
    let plan = in_background(move || Plan::of(&request, &server)).await??;

    let mut change = Change::by_author(cat, who).await?;
    let report = apply(&mut change, name, plan, dry_run).await?;
    if dry_run {
        change.undo().await?;
        return Ok(report);
    }
    let made: Vec<&str> = report.tools.iter().map(|tool| tool.tool.as_str()).collect();
    let detail = json!({"source": "openapi", "server": report.server, "host": report.host, "tools": made});
    change.audit("import", "import".to_owned(), detail).await?;
    change.commit().await?;
    Ok(report)
}

/// Parsing and writing megabytes takes a while.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CatalogError> {
    tokio::task::spawn_blocking(work).await.map_err(CatalogError::internal)
}

fn server_name(text: &str) -> Result<ServerName, Failure> {
    ServerName::parse(text).map_err(|error| {
        let failure = Failure::new(FailureKind::InvalidArguments, error.to_string()).argument("server");
        failure.hint("a server's name is made of small letters, digits and _").nearest(nearest_name(text))
    })
}

fn refused(argument: &str, error: SpecError) -> Failure {
    let failure = Failure::new(FailureKind::InvalidArguments, error.message);
    let failure = Failure { line: error.line, ..failure };
    failure.argument(argument).hint(error.hint)
}

/// What is to be made, worked out from the document alone.
struct Plan {
    base: BaseUrl,
    description: String,
    tools: Vec<GeneratedTool>,
}

impl Plan {
    fn of(request: &OpenApiImport, server: &str) -> Result<Self, Failure> {
        let document = Document::parse(&request.document).map_err(|error| refused("document", error))?;
        let look = document.look();
        let base = base_url(request.base_url.as_deref(), &look)?;
        let tools = generate(&document, &base, server, &request.operations)?;
        Ok(Self { base, description: format!("{} {}", look.title, look.version).trim().to_owned(), tools })
    }
}

fn base_url(given: Option<&str>, look: &Look) -> Result<BaseUrl, Failure> {
    let said = look.servers.iter().find(|server| server.is_usable).map(|server| server.url.as_str());
    let text = given.filter(|text| !text.trim().is_empty()).or(said).ok_or_else(|| {
        let failure = Failure::new(FailureKind::InvalidArguments, "the document names no absolute address of the API");
        failure.argument("base_url").hint("say where it is, such as https://api.example.com/v1")
    })?;
    let base = BaseUrl::parse(text).map_err(|error| refused("base_url", error))?;
    if is_never_reachable(&base.host().host) {
        let message = format!("no tool ever reaches {}: it is loopback, link-local or metadata", base.host());
        let failure = Failure::new(FailureKind::InvalidArguments, message).argument("base_url");
        return Err(failure.hint("use the address that the machine has in your network"));
    }
    Ok(base)
}

fn generate(
    document: &Document,
    base: &BaseUrl,
    server: &str,
    chosen: &[String],
) -> Result<Vec<GeneratedTool>, Failure> {
    let wrong = |message: String, hint: &str| {
        Failure::new(FailureKind::InvalidArguments, message).argument("operations").hint(hint)
    };
    if chosen.is_empty() || chosen.len() > CHOSEN_MAX {
        let message = format!("{} operations are chosen; 1 to {CHOSEN_MAX} can be at once", chosen.len());
        return Err(wrong(message, "choose those that are needed; a tool less is one less to review"));
    }
    let (mut tools, mut reasons): (Vec<GeneratedTool>, Vec<String>) = (Vec::new(), Vec::new());
    for id in chosen {
        match document.generate(base, server, id) {
            Ok(tool) if tools.iter().any(|other| other.operation == tool.operation) => {}
            Ok(tool) => match code::check(&tool.code, CodePolicy::Strict) {
                Ok(_) => tools.push(tool),
                Err(failure) => reasons.push(format!("{id}: {}", failure.message)),
            },
            Err(error) => reasons.push(format!("{id}: {} ({})", error.message, error.hint)),
        }
    }
    if reasons.is_empty() {
        return Ok(tools);
    }
    let more = reasons.len().saturating_sub(REASONS_MAX);
    reasons.truncate(REASONS_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Err(wrong(format!("no tool can be made of {}{more}", reasons.join("; ")), "leave these out; nothing was imported"))
}

async fn apply(
    change: &mut Change,
    name: ServerName,
    plan: Plan,
    dry_run: bool,
) -> Result<OpenApiReport, CatalogError> {
    if change.snapshot().servers().all(|server| server.name != name) {
        quota::check_servers(change)?;
    }
    let mut notes = Vec::new();
    let (server, is_new) = servers::found_or_made(change, &incoming(&name, &plan), name, &mut notes).await?;
    let secrets = placeholders(change, &server, &plan).await?;
    let mut made = Vec::new();
    let mut taken = Vec::new();
    for tool in plan.tools {
        match draft(change, &server, tool).await? {
            Ok(tool) => made.push(tool),
            Err(why) => taken.push(why),
        }
    }
    if !taken.is_empty() {
        let failure = Failure::new(FailureKind::Conflict, taken.join("; "));
        let hint = "leave these operations out, rename or delete the tools that are there, or take another server";
        return Err(failure.argument("operations").hint(hint).into());
    }
    Ok(OpenApiReport {
        dry_run,
        server: server.name.to_string(),
        server_id: (!dry_run || !is_new).then_some(server.id),
        is_new,
        base_url: plan.base.as_str().to_owned(),
        host: plan.base.host().clone(),
        secrets,
        tools: made,
        notes,
    })
}

fn incoming(name: &ServerName, plan: &Plan) -> InServer {
    InServer {
        name: name.to_string(),
        description: plan.description.clone(),
        limits: None,
        timeout_ms: None,
        secrets: Vec::new(),
        tools: Vec::new(),
        notes: Vec::new(),
    }
}

/// The placeholders of all that the tools read, bound to the one host. One that is there must be bound to it already: its value
/// was set for other hosts.
async fn placeholders(change: &mut Change, server: &Server, plan: &Plan) -> Result<Vec<OpenApiSecret>, CatalogError> {
    let needed: BTreeMap<&str, &NeededSecret> =
        plan.tools.iter().flat_map(|tool| &tool.secrets).map(|secret| (secret.key.as_str(), secret)).collect();
    let host = plan.base.host();
    let mut made = Vec::new();
    for (key, secret) in needed {
        let parsed = SecretKey::parse(key).map_err(CatalogError::internal)?;
        let known = secrets::by_key(&change.tx, server.id, &parsed).await?;
        if let Some(known) = &known
            && !known.hosts.iter().any(|rule| rule.covers(host))
        {
            let failure = Failure::new(
                FailureKind::Conflict,
                format!("server '{}' has a secret {key} that is not bound to {host}", server.name),
            );
            let hint = format!("bind it to {host} on the page of the server, or import into a server of another name");
            return Err(failure.argument("server").hint(hint).into());
        }
        if known.is_none() {
            quota::check_secrets(change, server.id, server.name.as_str()).await?;
            let (key, description) = (secret.key.clone(), secret.description.clone());
            let placeholder = InSecret { key, description, hosts: vec![host.clone()] };
            servers::placeholder(change, server, placeholder, &mut Vec::new()).await?;
        }
        let (key, description, is_new) = (secret.key.clone(), secret.description.clone(), known.is_none());
        made.push(OpenApiSecret { key, description, is_new });
    }
    Ok(made)
}

/// A draft, or why there is none.
async fn draft(
    change: &mut Change,
    server: &Server,
    tool: GeneratedTool,
) -> Result<Result<OpenApiTool, String>, CatalogError> {
    quota::check_tools(change, server.id, server.name.as_str()).await?;
    let analysis = mcpbox_analysis::analyze(&tool.code, server.code_policy);
    let description = analysis.description.clone().unwrap_or_default();
    quota::check_code(change, &content(tool_name(&tool.name)?, description, tool.code.clone(), &analysis)).await?;
    let version = InVersion { description: String::new(), code: tool.code.clone() };
    let from =
        InTool { name: tool.name, enabled: true, versions: vec![version], requests: Vec::new(), notes: Vec::new() };
    let options = ImportOptions { dry_run: false, on_conflict: Conflict::Skip, drafts_only: true };
    let report = tools::import(change, server, from, options).await?;
    let (Fate::Draft, Some(name)) = (report.fate, report.tool) else {
        return Ok(Err(format!("{}: {}", tool.operation, report.notes.join("; "))));
    };
    let (operation, code, requests, findings) = (tool.operation, tool.code, report.requests, report.findings);
    Ok(Ok(OpenApiTool { operation, tool: name, code, requests, findings, notes: tool.notes }))
}
