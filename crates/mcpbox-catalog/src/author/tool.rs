//! Tools: list, show, history, delete.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
    grant::Grant,
    hash::ContentHash,
    ids::{ReviewId, ServerId, ToolId, VersionId},
    paging::{Page, PageRequest},
    principal::Actor,
    tool::Tool,
    version::{Version, VersionDecision, VersionState},
};
use mcpbox_store::{grants, reviews, tools, versions};
use serde::Serialize;
use serde_json::json;

use super::DeleteReport;
use crate::{
    Caller, Catalog, CatalogError, NextStep, change::Change, load, next::next_call, offers::Offered,
    withheld::KnownTool,
};

/// A tool in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolSummary {
    /// Its id.
    pub id: ToolId,
    /// The server it belongs to.
    pub server_id: ServerId,
    /// `server__tool`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Whether it is published while its server runs.
    pub enabled: bool,
    /// Whether clients see it now.
    pub published: bool,
    /// The number of the version that calls run.
    pub live_version: Option<u32>,
    /// The number of the newest version.
    pub newest_version: u32,
    /// Where the newest version stands.
    pub state: VersionState,
}

/// Everything about a tool.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolDetail {
    /// The tool.
    #[serde(flatten)]
    pub tool: Tool,
    /// `server__tool`.
    pub published_name: String,
    /// The server's name.
    pub server: String,
    /// Whether clients see it now.
    pub published: bool,
    /// The newest version, with its Python code.
    pub newest: Version,
    /// Prompts that the newest version offers, as clients name them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// URIs and templates of its resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What can be run of it beside `main`: of the version that calls run, or of the newest where none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offered>,
    /// The version that calls run, when it is not the newest.
    pub live: Option<Version>,
    /// The review that waits for a human.
    pub open_review: Option<ReviewId>,
    /// What it was granted or asked for.
    pub grants: Vec<Grant>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// A version in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionSummary {
    /// Its id.
    pub id: VersionId,
    /// 1, 2, 3 …
    pub version: u32,
    /// Where it stands.
    pub state: VersionState,
    /// Whether calls run it.
    pub is_live: bool,
    /// Names its content.
    pub content_hash: ContentHash,
    /// What it does.
    pub description: String,
    /// What its code needs.
    pub capabilities: Vec<Capability>,
    /// The number of the version whose content it restored.
    pub restored_from: Option<u32>,
    /// Who made it.
    pub created_by: Actor,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who decided, and with which words.
    pub decision: Option<VersionDecision>,
}

/// The history of a tool, newest first.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolVersions {
    /// The tool.
    pub tool_id: ToolId,
    /// `server__tool`.
    pub name: String,
    /// Some of its versions, newest first.
    pub versions: Vec<VersionSummary>,
    /// How many it has in all.
    pub total: u64,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// The tools of a server, by name, with review state and live version.
///
/// # Errors
/// `not_found` with the nearest server names.
pub async fn list_tools(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    server: &str,
    page: PageRequest,
) -> Result<Page<ToolSummary>, CatalogError> {
    let snapshot = cat.snapshot();
    let server = who.into().seen_server(&snapshot, server)?;
    summaries(cat, snapshot.known_of(server).collect(), page).await
}

/// The tools of all servers, by name, with review state and live version.
///
/// # Errors
/// The caller may not use the management tools.
pub async fn list_all_tools(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    page: PageRequest,
) -> Result<Page<ToolSummary>, CatalogError> {
    let who = who.into();
    who.check_reads()?;
    let snapshot = cat.snapshot();
    summaries(cat, snapshot.known().filter(|tool| who.may_see(tool.server.as_str())).collect(), page).await
}

async fn summaries(
    cat: &Catalog,
    all: Vec<&Arc<KnownTool>>,
    page: PageRequest,
) -> Result<Page<ToolSummary>, CatalogError> {
    let shown = page.of(all.into_iter());
    let ids: Vec<ToolId> = shown.items.iter().map(|known| known.tool.id).collect();
    let newest = versions::latest_for_tools(&cat.store.reader(), &ids).await?;
    let newest: HashMap<ToolId, Version> = newest.into_iter().map(|version| (version.tool_id, version)).collect();
    let total = shown.total;
    let told = shown.items.into_iter().filter_map(|known| Some(summary(known, newest.get(&known.tool.id)?)));
    Ok(page.page(told.collect(), total))
}

fn summary(known: &KnownTool, newest: &Version) -> ToolSummary {
    ToolSummary {
        id: known.tool.id,
        server_id: known.tool.server_id,
        name: known.name.clone(),
        description: newest.content.description.clone(),
        enabled: known.tool.enabled,
        published: known.withheld.is_none(),
        live_version: known.live_version,
        newest_version: newest.number,
        state: newest.state,
    }
}

/// Everything about a tool, with its code.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn get_tool(cat: &Catalog, who: impl Into<Caller<'_>>, tool: &str) -> Result<ToolDetail, CatalogError> {
    let snapshot = cat.snapshot();
    let known = who.into().seen_tool(&snapshot, tool)?;
    let reader = cat.store.reader();
    let loaded = load::tool(&reader, known.tool.id).await?;
    let open_review = reviews::open_for_tool(&reader, known.tool.id).await?;
    let live = match loaded.tool.live_version.filter(|id| *id != loaded.newest.id) {
        Some(id) => versions::by_id(&reader, id).await?,
        None => None,
    };
    let grants = grants::for_tool(&reader, loaded.server.id, loaded.tool.id).await?;
    let step = "see where it stands and what to do";
    let next = vec![NextStep::call(step, "mcpbox_get_tool_status", json!({"tool_id": loaded.name()}))];
    let analysis = crate::source::analyze(&loaded.newest.content, loaded.server.code_policy);
    let (prompts, resources) = crate::offers::names(loaded.server.name.as_str(), &analysis);
    let serves = live.as_ref().filter(|_| known.withheld.is_none());
    let offers = match serves {
        Some(live) => Offered::of(&crate::source::analyze(&live.content, loaded.server.code_policy)),
        None => Offered::of(&analysis),
    };
    Ok(ToolDetail {
        prompts,
        resources,
        offers,
        published_name: loaded.name(),
        server: loaded.server.name.to_string(),
        published: known.withheld.is_none(),
        tool: loaded.tool,
        newest: loaded.newest,
        live,
        open_review: open_review.map(|review| review.id),
        grants,
        next,
    })
}

/// The history of a tool, newest first.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn list_tool_versions(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    tool: &str,
    page: PageRequest,
) -> Result<ToolVersions, CatalogError> {
    let snapshot = cat.snapshot();
    let known = who.into().seen_tool(&snapshot, tool)?;
    let found = versions::list(&cat.store.reader(), known.tool.id, page).await?;
    let total = found.total;
    let versions: Vec<VersionSummary> =
        found.items.into_iter().map(|version| version_summary(version, &known.tool)).collect();
    let mut next = Vec::new();
    if let Some(older) = versions.iter().find(|version| u64::from(version.version) < total) {
        let arguments = json!({"tool_id": known.name, "version": older.version});
        next.push(NextStep::call(
            "go back to an older version (it is reviewed again)",
            "mcpbox_rollback_tool",
            arguments,
        ));
    }
    next.push(NextStep::call(
        "see where the newest one stands",
        "mcpbox_get_tool_status",
        json!({"tool_id": known.name}),
    ));
    Ok(ToolVersions { tool_id: known.tool.id, name: known.name.clone(), versions, total, next })
}

fn version_summary(version: Version, tool: &Tool) -> VersionSummary {
    VersionSummary {
        id: version.id,
        version: version.number,
        state: version.state,
        is_live: tool.live_version == Some(version.id),
        content_hash: version.content_hash,
        description: version.content.description,
        capabilities: version.content.capabilities.into_iter().collect(),
        restored_from: version.restored_from,
        created_by: version.created_by,
        created_at: version.created_at,
        decision: version.decision,
    }
}

/// Deletes a tool, at once.
///
/// # Errors
/// `not_found`; `forbidden` for remote principals unless the settings allow it.
pub async fn delete_tool(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    tool: &str,
) -> Result<DeleteReport, CatalogError> {
    let who = who.into();
    let snapshot = cat.snapshot();
    who.check_delete(cat, next_call("mcpbox_update_tool", json!({"tool_id": tool, "enabled": false})))?;
    let known = who.tool(&snapshot, tool)?;
    let mut change = Change::begin_withdrawing(cat, who.actor()).await?;
    if !tools::delete(&change.tx, known.tool.id).await? {
        return Err(load::tool_gone().into());
    }
    change.audit("tool.delete", format!("tool:{}", known.tool.id), json!({"name": known.name})).await?;
    change.touch_tool(known.tool.id);
    change.commit().await?;
    let withdrawn = known.withheld.is_none().then(|| known.name.clone()).into_iter().collect();
    let next = vec![NextStep::call("see what is left", "mcpbox_list_tools", json!({"server_id": known.server}))];
    Ok(DeleteReport { deleted: known.name.clone(), withdrawn, next })
}
