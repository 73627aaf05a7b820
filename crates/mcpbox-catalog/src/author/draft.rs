//! Drafts: making, changing and restoring versions. Versions are immutable, so a change is always a new draft, and
//! the live version keeps serving.

use std::sync::Arc;

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::{ReviewId, ToolId, VersionId},
    name::{nearest_name, published_name},
    server::CodePolicy,
    tool::{Tool, ToolKind},
    version::{Content, VersionState},
};
use mcpbox_store::{tools, versions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Finding, Need, code,
    draft_next::next_steps,
    version::{add_version, check_name_is_free, content, set_enabled, tool_name, version},
};
use crate::{
    Caller, Catalog, CatalogError, NextStep,
    change::Change,
    lines::Lines,
    load::{self, Loaded},
    needs::Standing,
    next::YOURS,
    offers, quota,
};

/// A new tool.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateTool {
    /// The server, by id or name.
    #[serde(rename = "server_id")]
    pub server: String,
    /// `^[a-z][a-z0-9_]*$`, at most 31 characters.
    pub name: String,
    /// Python source with a `main`.
    pub python_code: String,
    /// What it does; the docstring of `main` when absent.
    #[serde(default)]
    pub description: Option<String>,
}

/// A change of a tool; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateTool {
    /// The tool, by id or name.
    #[serde(rename = "tool_id")]
    pub tool: String,
    /// Its new name, once approved.
    #[serde(default)]
    pub name: Option<String>,
    /// Its new description, once approved.
    #[serde(default)]
    pub description: Option<String>,
    /// Its new code, once approved.
    #[serde(default)]
    pub python_code: Option<String>,
    /// Whether it is published; takes effect at once.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// A version that was made, and what the code tells about itself.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftReport {
    /// The tool.
    pub tool_id: ToolId,
    /// `server__tool`, as it is called now.
    pub name: String,
    /// The newest version.
    pub version_id: VersionId,
    /// Its number.
    pub version: u32,
    /// Where it stands.
    pub state: VersionState,
    /// Names its content.
    pub content_hash: ContentHash,
    /// Whether the tool is enabled.
    pub enabled: bool,
    /// The number of the version that keeps serving.
    pub live_version: Option<u32>,
    /// The number of the version whose content was restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u32>,
    /// The review that the new version took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_review: Option<ReviewId>,
    /// What clients will see.
    pub description: String,
    /// Derived from the parameters of `main`.
    pub input_schema: Value,
    /// Derived from its return annotation.
    pub output_schema: Option<Value>,
    /// Prompts that it offers once live, as clients name them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// URIs and templates of its resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What a reviewer should see.
    pub findings: Vec<Finding>,
    /// What the code needs and does not have.
    pub needs: Vec<Need>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Makes a tool with a first draft. Nothing is stored when the code has errors.
///
/// # Errors
/// `syntax` with line, snippet and hint; `conflict` when the name is taken; `invalid_arguments`; `not_found`.
pub async fn create_tool(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    request: CreateTool,
) -> Result<DraftReport, CatalogError> {
    let who = who.into();
    who.check_author()?;
    let server = cat.snapshot().find_server_among(&request.server, |server| who.may_see(server)).cloned();
    let server = server.map_err(|failure| make_it(failure, &request.server))?;
    let name = tool_name(&request.name)?;
    let again = json!({"server_id": server.name, "name": name, "python_code": YOURS});
    let analysis = code::check(&request.python_code, server.code_policy)
        .map_err(|failure| failure.next("mcpbox_create_tool", again))?;
    let description = code::description(request.description.as_deref(), &analysis)?;
    let content = content(name, description, request.python_code, &analysis);

    let mut change = Change::begin(cat, who.actor()).await?;
    let server = load::server(&change.tx, server.id).await?;
    check_name_is_free(&change, &server, None, &content.name).await?;
    quota::check_tools(&change, server.id, server.name.as_str()).await?;
    quota::check_code(&change, &content).await?;
    let tool = Tool {
        id: ToolId::generate(),
        server_id: server.id,
        name: content.name.clone(),
        kind: ToolKind::Python,
        enabled: true,
        live_version: None,
        quarantine: None,
        created_at: change.now,
        updated_at: change.now,
    };
    tools::insert(&change.tx, &tool).await?;
    let newest = version(&change, tool.id, 1, content, None);
    versions::insert(&change.tx, &newest).await?;
    let detail =
        json!({"name": published_name(&server.name, &tool.name), "version": 1, "content_hash": newest.content_hash});
    change.audit("tool.create", format!("tool:{}", tool.id), detail).await?;
    change.touch_tool(tool.id);
    finish(change, (cat, who), Loaded { server, tool, newest }, &analysis, None).await
}

/// A server that is like none there is was probably meant to be made.
fn make_it(failure: Failure, server: &str) -> Failure {
    match nearest_name(server) {
        Some(name) if failure.nearest.is_empty() => {
            failure.hint("make it first, or list those there are").next("mcpbox_create_server", json!({"name": name}))
        }
        _ => failure,
    }
}

/// Makes a new draft with the changes; the live version keeps serving. `enabled` takes effect at once.
///
/// # Errors
/// Those of [`create_tool`].
pub async fn update_tool(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    request: UpdateTool,
) -> Result<DraftReport, CatalogError> {
    let who = who.into();
    let id = who.tool(&cat.snapshot(), &request.tool)?.tool.id;
    let name = request.name.as_deref().map(tool_name).transpose()?;

    let mut change = Change::begin(cat, who.actor()).await?;
    let mut loaded = load::tool(&change.tx, id).await?;
    if let Some(enabled) = request.enabled {
        set_enabled(&mut change, &mut loaded, enabled).await?;
    }
    let before = &loaded.newest.content;
    if name.is_none() && request.description.is_none() && request.python_code.is_none() {
        let analysis = crate::source::analyze(before, loaded.server.code_policy);
        return finish(change, (cat, who), loaded, &analysis, None).await;
    }
    crate::source::check_ours(&loaded.tool, &loaded.name())?;
    let source = request.python_code.unwrap_or_else(|| before.code.clone());
    let again = json!({"tool_id": loaded.name(), "python_code": YOURS});
    let analysis =
        code::check(&source, loaded.server.code_policy).map_err(|failure| failure.next("mcpbox_update_tool", again))?;
    let description = changed_description(before, request.description.as_deref(), &source, &analysis)?;
    let content = content(name.unwrap_or_else(|| before.name.clone()), description, source, &analysis);
    let superseded = if content.hash() == loaded.newest.content_hash {
        None
    } else {
        add_version(&mut change, &mut loaded, content, None, "tool.update").await?
    };
    finish(change, (cat, who), loaded, &analysis, superseded).await
}

/// Makes a new draft with the content of an older version; it goes through review like any other.
///
/// # Errors
/// `not_found` when there is no such version, `conflict` when the newest version has that content already.
pub async fn rollback_tool(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    tool: &str,
    number: u32,
) -> Result<DraftReport, CatalogError> {
    let who = who.into();
    let id = who.tool(&cat.snapshot(), tool)?.tool.id;
    let mut change = Change::begin(cat, who.actor()).await?;
    let mut loaded = load::tool(&change.tx, id).await?;
    crate::source::check_ours(&loaded.tool, &loaded.name())?;
    let old = versions::by_number(&change.tx, id, number).await?.ok_or_else(|| {
        let failure = Failure::new(FailureKind::NotFound, format!("{} has no version {number}", loaded.name()));
        failure.hint("see its history").next("mcpbox_list_tool_versions", json!({"tool_id": loaded.name()}))
    })?;
    if old.content_hash == loaded.newest.content_hash {
        let message =
            format!("the newest version {} of {} has that content already", loaded.newest.number, loaded.name());
        let failure = Failure::new(FailureKind::Conflict, message).hint("see what it waits for");
        return Err(failure.next("mcpbox_get_tool_status", json!({"tool_id": loaded.name()})).into());
    }
    // Rules may have become stricter since.
    let analysis = code::check_stored(&old.content.code, &loaded)?;
    let superseded = add_version(&mut change, &mut loaded, old.content, Some(old.number), "tool.rollback").await?;
    finish(change, (cat, who), loaded, &analysis, superseded).await
}

/// A description that was said stays until another is said; one that was the docstring follows the code.
fn changed_description(
    before: &Content,
    said: Option<&str>,
    source: &str,
    analysis: &Analysis,
) -> Result<String, Failure> {
    if said.is_some() || source == before.code {
        return code::description(said.or(Some(&before.description)), analysis);
    }
    let old = mcpbox_analysis::analyze(&before.code, CodePolicy::Standard);
    let was_docstring = old.description.is_some_and(|docstring| docstring.trim() == before.description);
    let said = (!was_docstring).then_some(before.description.as_str());
    code::description(said, analysis)
}

/// Commits, and reports the newest version with everything it needs.
async fn finish(
    change: Change,
    (cat, who): (&Catalog, Caller<'_>),
    loaded: Loaded,
    analysis: &Analysis,
    superseded: Option<ReviewId>,
) -> Result<DraftReport, CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let live_version = loaded.live_number(&change.tx).await?;
    if change.has_done_something() {
        change.commit().await?;
    }
    let name = loaded.name();
    let needs = standing.needs(&loaded.newest.content.capabilities, &Lines::of(analysis), &loaded.server, &name);
    let next = next_steps(&loaded, &needs, live_version, superseded);
    let Loaded { server, tool, newest } = loaded;
    let mut findings = analysis.findings.clone();
    findings
        .extend(offers::taken(&cat.snapshot(), (server.name.as_str(), tool.id), analysis, |name| who.may_see(name)));
    let (prompts, resources) = offers::names(server.name.as_str(), analysis);
    Ok(DraftReport {
        tool_id: tool.id,
        name,
        version_id: newest.id,
        version: newest.number,
        state: newest.state,
        content_hash: newest.content_hash,
        enabled: tool.enabled,
        live_version,
        restored_from: newest.restored_from,
        superseded_review: superseded,
        description: newest.content.description,
        input_schema: newest.content.input_schema,
        output_schema: newest.content.output_schema,
        prompts,
        resources,
        findings: code::findings(&findings),
        needs,
        next,
    })
}
