//! One tool of a file: a draft, its requests, and one review of both.

use mcpbox_core::{
    capability::{Capability, HostRule},
    ids::ToolId,
    name::{ToolName, nearest_name, published_name},
    review::ReviewPurpose,
    server::{CodePolicy, Server},
    tool::{CODE_MAX_BYTES, Tool, ToolKind},
    version::{Content, VersionEvent, VersionState},
};
use mcpbox_store::{tools, versions};
use serde_json::json;

use super::{Conflict, Fate, ImportOptions, ImportedTool, numbered, reason, sentence, server::placeholder};
use crate::{
    CatalogError,
    author::{Wanted, add_request, code, module_or_refusal, tool_name, version},
    bundle::{Bundle, open_review},
    change::Change,
    load::Loaded,
    nearest,
    needs::{Standing, is_never_reachable},
    transfer::model::{Asked, InRequest, InSecret, InTool, InVersion},
};

/// Names that are tried for a tool whose name is taken.
const NAMES_MAX: usize = 100;
/// Versions of one tool before its newest.
const VERSIONS_MAX: usize = 10;
/// Requests of one tool, as for one that an LLM writes.
const REQUESTS_MAX: usize = 30;

/// Imports a tool into a server.
pub(in crate::transfer) async fn import(
    change: &mut Change,
    server: &Server,
    from: InTool,
    options: ImportOptions,
) -> Result<ImportedTool, CatalogError> {
    let mut report = ImportedTool {
        name: nearest::shown(&from.name),
        tool: None,
        fate: Fate::Skipped,
        review_id: None,
        requests: Vec::new(),
        findings: Vec::new(),
        notes: from.notes.clone(),
    };
    let skipped = |mut report: ImportedTool, why: String| {
        report.notes.push(format!("left out: {why}"));
        Ok(report)
    };
    let Some(newest) = from.versions.last() else {
        return skipped(report, "it has no Python code".to_owned());
    };
    let name = match free_name(change, server, &from.name, options.on_conflict, &mut report.notes).await? {
        Ok(name) => name,
        Err(why) => return skipped(report, why),
    };
    let (content, mut fate) = match checked_content(server, name, newest, &mut report) {
        Ok(checked) => checked,
        Err(why) => return skipped(report, why),
    };
    let older = older(server, &from, &content);
    let loaded = insert(change, server, &from, older, content).await?;
    report.tool = Some(loaded.name());
    for request in from.requests.into_iter().take(REQUESTS_MAX) {
        ask(change, &loaded, request, &mut report.notes).await?;
    }
    secrets_of(change, &loaded, &mut report.notes).await?;
    if fate == Fate::Draft && !options.drafts_only {
        let (review, requested) = submit(change, &loaded).await?;
        (fate, report.review_id) = (Fate::InReview, (!options.dry_run).then_some(review));
        report.requests = requested;
    } else {
        let standing = Standing::read(&change.tx, server, loaded.tool.id).await?;
        let none = mcpbox_core::capability::Capabilities::new();
        let requested = standing.to_request(&loaded.newest.content.capabilities, &none);
        report.requests = requested.iter().map(ToString::to_string).collect();
    }
    report.fate = fate;
    Ok(report)
}

/// A name that is free on the server, or why there is none.
async fn free_name(
    change: &Change,
    server: &Server,
    text: &str,
    on_conflict: Conflict,
    notes: &mut Vec<String>,
) -> Result<Result<ToolName, String>, CatalogError> {
    let name = match (tool_name(text), nearest_name(text).map(|name| tool_name(&name))) {
        (Ok(name), _) => name,
        (Err(_), Some(Ok(name))) => {
            notes.push(format!("its name is no name here; it is called {name}"));
            name
        }
        (Err(error), _) => return Ok(Err(reason(error)?)),
    };
    for number in 1..NAMES_MAX {
        let tried = match number {
            1 => name.clone(),
            _ => match ToolName::parse(&numbered(name.as_str(), number)) {
                Ok(tried) => tried,
                Err(error) => return Ok(Err(error.to_string())),
            },
        };
        if tools::by_server_and_name(&change.tx, server.id, &tried).await?.is_none() {
            if number > 1 {
                notes.push(format!("{name} is taken; it is called {tried}"));
            }
            return Ok(Ok(tried));
        }
        if on_conflict == Conflict::Skip {
            let taken = published_name(&server.name, &name);
            return Ok(Err(format!(
                "{taken} is here already; to have both, import it again and let taken names get a number (--rename)"
            )));
        }
    }
    Ok(Err(format!("{name} and the names like it are taken")))
}

/// What is stored of the newest version, and whether it may run as it is; or why nothing can be stored.
fn checked_content(
    server: &Server,
    name: ToolName,
    newest: &InVersion,
    report: &mut ImportedTool,
) -> Result<(Content, Fate), String> {
    let source = newest.code.clone();
    if source.len() > CODE_MAX_BYTES {
        return Err(format!("its code has {} bytes; at most {CODE_MAX_BYTES} are allowed", source.len()));
    }
    if source.contains('\0') || newest.description.contains('\0') {
        return Err("its text has a NUL character".to_owned());
    }
    let analysis = mcpbox_analysis::analyze(&source, server.code_policy);
    report.findings = code::findings(&analysis.findings);
    let fate = match code::check(&source, server.code_policy) {
        Ok(_) => Fate::Draft,
        // What is refused for what it does can be mended later; what cannot be read at all has no schema.
        Err(failure) if analysis.main.is_some() => {
            report.notes.push(format!("its code may not run as it is: {}", sentence(&failure)));
            Fate::NeedsChange
        }
        Err(failure) => return Err(sentence(&failure)),
    };
    let description = code::description(Some(&newest.description), &analysis)
        .or_else(|failure| {
            report.notes.push(format!("its description was left out: {}", failure.message));
            code::description(None, &analysis)
        })
        .unwrap_or_default();
    Ok((crate::author::content(name, description, source, &analysis), fate))
}

/// Versions before the newest that may run, for `mcpbox_rollback_tool`.
fn older(server: &Server, from: &InTool, newest: &Content) -> Vec<Content> {
    let before = from.versions.len().saturating_sub(1);
    let contents = from.versions.iter().take(before).filter_map(|version| {
        let analysis = code::check(&version.code, server.code_policy).ok()?;
        let description = code::description(Some(&version.description), &analysis).ok()?;
        Some(crate::author::content(newest.name.clone(), description, version.code.clone(), &analysis))
    });
    contents
        .filter(|content| !content.code.contains('\0') && content.hash() != newest.hash())
        .take(VERSIONS_MAX)
        .collect()
}

async fn insert(
    change: &mut Change,
    server: &Server,
    from: &InTool,
    older: Vec<Content>,
    content: Content,
) -> Result<Loaded, CatalogError> {
    let tool = Tool {
        id: ToolId::generate(),
        server_id: server.id,
        name: content.name.clone(),
        kind: ToolKind::Python,
        enabled: from.enabled,
        live_version: None,
        quarantine: None,
        created_at: change.now,
        updated_at: change.now,
    };
    tools::insert(&change.tx, &tool).await?;
    let mut number = 1;
    for content in older {
        versions::insert(&change.tx, &version(change, tool.id, number, content, None)).await?;
        number += 1;
    }
    let newest = version(change, tool.id, number, content, None);
    versions::insert(&change.tx, &newest).await?;
    let name = published_name(&server.name, &tool.name);
    let detail = json!({"name": name, "version": number, "content_hash": newest.content_hash, "imported": true});
    change.audit("tool.create", format!("tool:{}", tool.id), detail).await?;
    change.touch_tool(tool.id);
    Ok(Loaded { server: server.clone(), tool, newest })
}

/// Asks for what the tool was granted or asked for there, unless every tool has it here.
async fn ask(
    change: &mut Change,
    loaded: &Loaded,
    request: InRequest,
    notes: &mut Vec<String>,
) -> Result<(), CatalogError> {
    let capability = match request.what {
        Asked::Module(module) => match module_or_refusal(&module, loaded.server.code_policy, false) {
            Ok(Wanted::Grant(capability)) => capability,
            Ok(Wanted::Given(_)) => {
                notes.push(format!("module {} needs no permission here", nearest::shown(&module)));
                return Ok(());
            }
            Err(failure) => {
                notes.push(format!("its request for a module was left out: {}", sentence(&failure)));
                return Ok(());
            }
        },
        Asked::Capability(capability) => capability,
    };
    if let Some(why) = never_granted(&capability, loaded.server.code_policy) {
        notes.push(format!("its request for {capability} was left out: {why}"));
        return Ok(());
    }
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let is_there = standing.has(&capability) || standing.pending().any(|grant| grant.capability.covers(&capability));
    if !is_there {
        let why = crate::text::remark("justification", &request.justification).unwrap_or_default();
        add_request(change, loaded, capability, why).await?;
    }
    Ok(())
}

/// Why a capability that stands in a file is not asked for.
fn never_granted(capability: &Capability, policy: CodePolicy) -> Option<String> {
    match capability {
        Capability::Host(rule) => match HostRule::parse(&HostRule { method: None, ..rule.clone() }.to_string()) {
            Ok(_) if is_never_reachable(&rule.host) => Some("no tool ever reaches it".to_owned()),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        },
        Capability::Module { name } if policy == CodePolicy::Strict && mcpbox_analysis::is_never(name) => {
            Some("it is never granted under the strict code policy".to_owned())
        }
        // Secrets are asked for with the version that uses them.
        Capability::Secret { .. } => Some("it is asked for by the code that uses it".to_owned()),
        Capability::Source(_) => Some("a source is added on the box itself".to_owned()),
        Capability::Module { .. } | Capability::Package(_) => None,
    }
}

/// Placeholders of the secrets that the code uses, for the hosts that it reaches.
async fn secrets_of(change: &mut Change, loaded: &Loaded, notes: &mut Vec<String>) -> Result<(), CatalogError> {
    let capabilities = &loaded.newest.content.capabilities;
    let hosts: Vec<HostRule> = capabilities
        .iter()
        .filter_map(|capability| match capability {
            Capability::Host(rule) => Some(HostRule { method: None, ..rule.clone() }),
            _ => None,
        })
        .collect();
    for capability in capabilities {
        let Capability::Secret { key } = capability else { continue };
        let description = format!("used by {}", loaded.name());
        let secret = InSecret { key: key.to_string(), description, hosts: hosts.clone() };
        placeholder(change, &loaded.server, secret, notes).await?;
    }
    Ok(())
}

/// Opens the review of the draft with everything it needs.
async fn submit(
    change: &mut Change,
    loaded: &Loaded,
) -> Result<(mcpbox_core::ids::ReviewId, Vec<String>), CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let bundle = Bundle::build(change, loaded, &standing, ReviewPurpose::Publish).await?;
    let review = open_review(change, loaded, &bundle, "imported".to_owned()).await?;
    let pending = VersionState::Draft.apply(VersionEvent::Submit).map_err(CatalogError::internal)?;
    versions::set_state(&change.tx, loaded.newest.id, VersionState::Draft, pending, None).await?;
    Ok((review.id, review.requested.iter().map(ToString::to_string).collect()))
}
