//! Importing: a tool of a source becomes a draft version that pins what it is now. It goes through review like any other.

use std::sync::Arc;

use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::ToolId,
    name::nearest_name,
    server::Server,
    source::{ExternalSource, OfferedTool},
    tool::{Tool, ToolKind},
    version::VersionState,
};
use mcpbox_store::{sources, tools, versions};
use serde::Serialize;
use serde_json::json;

use super::{Pinned, analyze, definition, discover, find};
use crate::{
    Caller, Catalog, CatalogError, NextStep,
    author::{Finding, add_version, findings, tool_name, version},
    change::Change,
    load::{self, Loaded},
    nearest, quota,
};

/// Tools that are imported at once.
const TOOLS_MAX: usize = 50;

/// What was imported.
#[derive(Debug, Clone, Serialize)]
pub struct ImportReport {
    /// `server/name` of the source.
    pub source: String,
    /// In the order in which they were named.
    pub tools: Vec<ImportedTool>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// A tool that was imported.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedTool {
    /// Its name at the source.
    pub offered: String,
    /// What it is here, `server__tool`.
    pub name: String,
    /// The tool.
    pub tool_id: ToolId,
    /// The version that pins it.
    pub version: u32,
    /// Where that stands.
    pub state: VersionState,
    /// Names exactly this definition.
    pub content_hash: ContentHash,
    /// What a reviewer should see.
    pub findings: Vec<Finding>,
}

/// Imports tools of a source as drafts: all of them, or none when one cannot be.
///
/// # Errors
/// Those of [`discover::discover`]; `not_found` for a tool that is not offered; `conflict` when its name here is taken;
/// `invalid_arguments` for a definition that cannot be used.
pub async fn import(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    source: &str,
    names: &[String],
) -> Result<ImportReport, CatalogError> {
    let who = who.into();
    who.check_author()?;
    if names.is_empty() || names.len() > TOOLS_MAX {
        let message = format!("{} names were given; 1 to {TOOLS_MAX} are imported at once", names.len());
        return Err(Failure::new(FailureKind::InvalidArguments, message)
            .argument("tool_names")
            .hint("name those that are needed")
            .into());
    }
    let (server, source) = find::source(cat, who, source).await?;
    let offered = discover::offered(cat, &server, &source).await?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let server = load::server(&change.tx, server.id).await?;
    let mut imported = Vec::new();
    for name in names {
        let tool =
            offered.iter().find(|tool| tool.name == *name).ok_or_else(|| not_offered(&source, name, &offered))?;
        imported.push(one(&mut change, &server, &source, tool).await?);
    }
    let source = ExternalSource { last_synced_at: Some(change.now), ..source };
    sources::update(&change.tx, &source).await?;
    let detail = json!({"source": source.name, "tools": imported.iter().map(|tool| &tool.name).collect::<Vec<_>>()});
    change.audit("source.import", format!("source:{}", source.id), detail).await?;
    change.tell(LiveEvent::ServerChanged { server_id: server.id });
    change.commit().await?;
    let waiting = imported.iter().filter(|tool| matches!(tool.state, VersionState::Draft | VersionState::Rejected));
    let publish = |tool: &ImportedTool| {
        NextStep::call("ask a human to approve it", "mcpbox_request_publish", json!({"tool_id": tool.name}))
    };
    let next = waiting.map(publish).collect();
    Ok(ImportReport { source: format!("{}/{}", server.name, source.name), tools: imported, next })
}

fn not_offered(source: &ExternalSource, name: &str, offered: &[OfferedTool]) -> Failure {
    let near = nearest::names(name, offered.iter().map(|tool| tool.name.as_str()));
    let message = format!("the source '{}' offers no tool '{}'", source.name, nearest::shown(name));
    Failure::new(FailureKind::NotFound, message)
        .argument("tool_names")
        .hint(nearest::hint(&near, "see what it offers"))
        .nearest(near)
        .next("mcpbox_discover_external_tools", json!({"source_id": source.id}))
}

/// One tool: a new one, a new version of the one that is there, or nothing when that pins the same.
async fn one(
    change: &mut Change,
    server: &Server,
    source: &ExternalSource,
    offered: &OfferedTool,
) -> Result<ImportedTool, CatalogError> {
    let name = nearest_name(&offered.name).ok_or_else(|| {
        let message = format!("'{}' holds nothing that a name here could be made of", nearest::shown(&offered.name));
        Failure::new(FailureKind::InvalidArguments, message).argument("tool_names").hint("leave it out")
    })?;
    let content = definition::content(source, offered, tool_name(&name)?)?;
    let loaded = match tools::by_server_and_name(&change.tx, server.id, &content.name).await? {
        Some(tool) => {
            let mut loaded = load::tool(&change.tx, tool.id).await?;
            check_same(source, offered, &loaded)?;
            if loaded.newest.content_hash != content.hash() {
                add_version(change, &mut loaded, content, None, "tool.import").await?;
            }
            loaded
        }
        None => insert(change, server, content).await?,
    };
    let analysis = analyze(&loaded.newest.content, server.code_policy);
    Ok(ImportedTool {
        offered: offered.name.clone(),
        name: loaded.name(),
        tool_id: loaded.tool.id,
        version: loaded.newest.number,
        state: loaded.newest.state,
        content_hash: loaded.newest.content_hash.clone(),
        findings: findings(&analysis.findings),
    })
}

/// A tool of that name must be this one.
fn check_same(source: &ExternalSource, offered: &OfferedTool, loaded: &Loaded) -> Result<(), Failure> {
    match Pinned::of(&loaded.newest.content) {
        Some(Ok(pinned)) if pinned.source_id == source.id && pinned.tool.name == offered.name => Ok(()),
        _ => {
            let message = format!("{} is there already and is another tool; nothing was imported", loaded.name());
            let hint = "leave it out, or add the source to another server";
            Err(Failure::new(FailureKind::Conflict, message).argument("tool_names").hint(hint))
        }
    }
}

async fn insert(
    change: &mut Change,
    server: &Server,
    content: mcpbox_core::version::Content,
) -> Result<Loaded, CatalogError> {
    quota::check_tools(change, server.id, server.name.as_str()).await?;
    quota::check_code(change, &content).await?;
    let tool = Tool {
        id: ToolId::generate(),
        server_id: server.id,
        name: content.name.clone(),
        kind: ToolKind::External,
        enabled: true,
        live_version: None,
        quarantine: None,
        created_at: change.now,
        updated_at: change.now,
    };
    tools::insert(&change.tx, &tool).await?;
    let newest = version(change, tool.id, 1, content, None);
    versions::insert(&change.tx, &newest).await?;
    let loaded = Loaded { server: server.clone(), tool, newest };
    let detail = json!({"name": loaded.name(), "version": 1, "content_hash": loaded.newest.content_hash});
    change.audit("tool.import", format!("tool:{}", loaded.tool.id), detail).await?;
    change.touch_tool(loaded.tool.id);
    Ok(loaded)
}
