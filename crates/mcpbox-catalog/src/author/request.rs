//! Asking for a module or a host, one by one. What the code shows to need is asked for by `request_publish` anyway.

use std::sync::Arc;

use mcpbox_core::{
    capability::Capability,
    event::LiveEvent,
    failure::{Failure, FailureKind},
    grant::{Grant, GrantScope, GrantState},
    ids::{GrantId, ReviewId, ToolId},
    review::{Review, ReviewPurpose},
    server::Server,
    version::VersionState,
};
use mcpbox_store::grants;
use serde::Serialize;
use serde_json::json;

use super::wanted::{Wanted, checked_host, checked_module, module_or_refusal, package_or_refusal};
use crate::{
    Caller, Catalog, CatalogError, NextStep,
    bundle::{Bundle, check_open_requests, join_open_review, open_review},
    change::Change,
    load::{self, Loaded},
    needs::Standing,
    text,
};

/// Requests of one tool that may wait at the same time.
const PENDING_MAX: usize = 30;

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestReport {
    /// `server__tool`.
    pub tool: String,
    /// What.
    pub capability: Capability,
    /// Where it stands: pending, or approved when nothing had to be asked.
    pub state: GrantState,
    /// The open review it joined.
    pub review_id: Option<ReviewId>,
    /// Where a human decides, when a review is open.
    pub review_url: Option<String>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// A module or package that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ModuleRequest<'a> {
    /// What the code imports.
    pub module_name: &'a str,
    /// The package it comes from, when that is called otherwise or must have certain versions: `opencv-python-headless>=4`.
    pub package: Option<&'a str>,
    /// Whether the package speaks HTTP by itself.
    pub network: bool,
    /// Why.
    pub justification: &'a str,
}

/// Asks for a module or package for one tool. Joins the tool's open review, or opens one of its requests alone.
///
/// # Errors
/// `rate_limited` when too much waits already, `import_denied` for a module that is never granted, `invalid_arguments`, `not_found`.
pub async fn request_module(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    tool: &str,
    asked: ModuleRequest<'_>,
) -> Result<RequestReport, CatalogError> {
    let module = checked_module(asked.module_name)?;
    let package = asked.package.map(str::trim).filter(|package| !package.is_empty());
    let wanted = |server: &Server| match package {
        Some(package) => package_or_refusal(module, package, asked.network),
        None => module_or_refusal(module, server.code_policy, asked.network),
    };
    request(cat, who.into(), tool, asked.justification, wanted).await
}

/// Asks for a host for one tool. Joins the tool's open review, or opens one of its requests alone.
///
/// # Errors
/// `rate_limited` when too much waits already, `invalid_arguments` for a host outside the rules, `host_denied` for one that is never reachable, `not_found`.
pub async fn request_network_access(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    tool: &str,
    host: &str,
    justification: &str,
    port: Option<u16>,
) -> Result<RequestReport, CatalogError> {
    let rule = checked_host(host, port)?;
    request(cat, who.into(), tool, justification, |_| Ok(Wanted::Grant(Capability::Host(rule)))).await
}

async fn request(
    cat: &Arc<Catalog>,
    who: Caller<'_>,
    tool: &str,
    justification: &str,
    wanted: impl FnOnce(&Server) -> Result<Wanted, Failure> + Send,
) -> Result<RequestReport, CatalogError> {
    let id = who.tool(&cat.snapshot(), tool)?.tool.id;
    let justification = text::remark("justification", justification)?;
    if justification.is_empty() {
        let failure = Failure::new(FailureKind::InvalidArguments, "the justification is empty");
        let hint = "tell the human in a sentence what the tool needs it for";
        return Err(failure.argument("justification").hint(hint).into());
    }
    let mut change = Change::begin(cat, who.actor()).await?;
    let loaded = load::tool(&change.tx, id).await?;
    let standing = Standing::read(&change.tx, &loaded.server, id).await?;
    let capability = match wanted(&loaded.server)? {
        Wanted::Grant(capability) if !standing.has(&capability) => capability,
        Wanted::Grant(capability) | Wanted::Given(capability) => return Ok(granted_already(&loaded, capability)),
    };
    if !standing.pending().any(|grant| grant.capability.covers(&capability)) {
        check_room(&standing, &loaded)?;
        add_request(&mut change, &loaded, capability.clone(), justification).await?;
    }
    let review = match join_open_review(&mut change, &loaded).await? {
        Some(review) => review,
        None => open_for_grants(cat, who, &mut change, &loaded).await?,
    };
    if change.has_done_something() {
        change.commit().await?;
    }
    Ok(waiting(cat, &loaded, capability, &review))
}

/// Writes a request for a capability, for the bundle of its tool.
pub(crate) async fn add_request(
    change: &mut Change,
    loaded: &Loaded,
    capability: Capability,
    justification: String,
) -> Result<(), CatalogError> {
    let grant = grant(change, loaded.tool.id, capability, justification);
    grants::insert(&change.tx, &grant).await?;
    let detail = json!({"tool": loaded.name(), "capability": grant.capability});
    change.audit("grant.request", format!("grant:{}", grant.id), detail).await?;
    change.tell(LiveEvent::GrantsChanged);
    Ok(())
}

/// A review of what was asked for alone; asking for publication makes it one of the version too.
async fn open_for_grants(
    cat: &Catalog,
    who: Caller<'_>,
    change: &mut Change,
    loaded: &Loaded,
) -> Result<Review, CatalogError> {
    check_open_requests(cat, who, change).await?;
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let bundle = Bundle::build(change, loaded, &standing, ReviewPurpose::Grant).await?;
    open_review(change, loaded, &bundle, String::new()).await
}

/// A human has to read them all.
fn check_room(standing: &Standing, loaded: &Loaded) -> Result<(), Failure> {
    if standing.pending().count() < PENDING_MAX {
        return Ok(());
    }
    let message = format!("{PENDING_MAX} requests of {} wait for a human already", loaded.name());
    Err(Failure::new(FailureKind::RateLimited, message)
        .hint("ask the human to decide on those first")
        .next("mcpbox_list_pending_requests", json!({})))
}

fn grant(change: &Change, tool: ToolId, capability: Capability, justification: String) -> Grant {
    Grant {
        id: GrantId::generate(),
        capability,
        scope: GrantScope::Tool(tool),
        state: GrantState::Pending,
        justification,
        requested_by: change.actor.clone(),
        created_at: change.now,
        decided_by: None,
        decided_at: None,
        comment: String::new(),
        expires_at: None,
        review_id: None,
    }
}

fn granted_already(loaded: &Loaded, capability: Capability) -> RequestReport {
    let step = format!("nothing to ask: {} may use {capability} already", loaded.name());
    let test = NextStep::call(step, "mcpbox_test_code", json!({"tool_id": loaded.name()}));
    RequestReport {
        tool: loaded.name(),
        capability,
        state: GrantState::Approved,
        review_id: None,
        review_url: None,
        next: vec![test],
    }
}

fn waiting(cat: &Catalog, loaded: &Loaded, capability: Capability, review: &Review) -> RequestReport {
    let (name, tool) = (loaded.name(), json!({"tool_id": loaded.name()}));
    let url = cat.review_url(review.id);
    let is_draft = matches!(loaded.newest.state, VersionState::Draft | VersionState::Rejected);
    let step = "once the tool is ready, ask for its publication: the version and this request are one review then";
    let publish = is_draft.then(|| NextStep::call(step, "mcpbox_request_publish", tool.clone()));
    let decide =
        NextStep::human(format!("it is part of the open review; ask the human to decide at {url}"), url.clone());
    let poll = NextStep::call("poll its status", "mcpbox_get_tool_status", tool);
    let installs = matches!(capability, Capability::Package(_)).then(|| {
        NextStep::say("it is being resolved to exact versions for the human to see; approved, it is installed, and tests and calls use it")
    });
    RequestReport {
        tool: name,
        capability,
        state: GrantState::Pending,
        review_id: Some(review.id),
        review_url: Some(url),
        next: publish.into_iter().chain([decide]).chain(installs).chain([poll]).collect(),
    }
}
