//! Asking for a module or a host, one by one. What the code shows to need is asked for by `request_publish` anyway.

use std::sync::Arc;

use mcpbox_core::{
    capability::{Capability, HostRule},
    event::LiveEvent,
    failure::{Failure, FailureKind},
    grant::{Grant, GrantScope, GrantState},
    ids::{GrantId, ReviewId, ToolId},
    package::PackageRule,
    review::Review,
    server::{CodePolicy, Server},
    version::VersionState,
};
use mcpbox_store::grants;
use serde::Serialize;
use serde_json::json;

use crate::{
    Caller, Catalog, CatalogError, NextStep,
    bundle::join_open_review,
    change::Change,
    load::{self, Loaded},
    nearest,
    needs::{Standing, is_never_reachable, module_capability},
    packages::{Set, ensure_resolution},
    text,
};

/// Requests of one tool that may wait at the same time.
const PENDING_MAX: usize = 30;
/// Longest module name.
const MODULE_MAX_BYTES: usize = 100;

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

/// Asks for a module or package for one tool. Joins the open review, if there is one.
///
/// # Errors
/// `import_denied` for a module that is never granted, `invalid_arguments`, `not_found`.
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

/// Asks for a host for one tool. Joins the open review, if there is one.
///
/// # Errors
/// `invalid_arguments` for a host outside the rules, `host_denied` for one that is never reachable, `not_found`.
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

/// What asking for something comes to.
enum Wanted {
    /// A human must grant it.
    Grant(Capability),
    /// Every tool has it.
    Given(Capability),
}

async fn request(
    cat: &Arc<Catalog>,
    who: Caller<'_>,
    tool: &str,
    justification: &str,
    wanted: impl FnOnce(&Server) -> Result<Wanted, Failure> + Send,
) -> Result<RequestReport, CatalogError> {
    who.check_author()?;
    let id = cat.snapshot().find_tool(tool)?.tool.id;
    let justification = text::remark("justification", justification)?;
    if justification.is_empty() {
        let failure = Failure::new(FailureKind::InvalidArguments, "the justification is empty");
        return Err(failure.hint("tell the human in a sentence what the tool needs it for").into());
    }
    let mut change = Change::begin(cat, who.actor()).await?;
    let loaded = load::tool(&change.tx, id).await?;
    let standing = Standing::read(&change.tx, &loaded.server, id).await?;
    let capability = match wanted(&loaded.server)? {
        Wanted::Grant(capability) if !standing.has(&capability) => capability,
        Wanted::Grant(capability) | Wanted::Given(capability) => return Ok(granted_already(&loaded, capability)),
    };
    check_room(&standing, &loaded)?;
    if !standing.pending().any(|grant| grant.capability.covers(&capability)) {
        let grant = grant(&change, id, capability.clone(), justification);
        grants::insert(&change.tx, &grant).await?;
        let detail = json!({"tool": loaded.name(), "capability": grant.capability});
        change.audit("grant.request", format!("grant:{}", grant.id), detail).await?;
        change.tell(LiveEvent::GrantsChanged);
    }
    let review = join_open_review(&mut change, &loaded).await?;
    if let Some(set) = Set::with_requested(&standing, &[capability.clone()].into()) {
        ensure_resolution(&mut change, &set, false).await?;
    }
    if change.has_done_something() {
        change.commit().await?;
    }
    Ok(waiting(cat, &loaded, capability, review))
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

fn waiting(cat: &Catalog, loaded: &Loaded, capability: Capability, review: Option<Review>) -> RequestReport {
    let (name, tool) = (loaded.name(), json!({"tool_id": loaded.name()}));
    let review_url = review.as_ref().map(|review| cat.review_url(review.id));
    let is_draft = matches!(loaded.newest.state, VersionState::Draft | VersionState::Rejected);
    let first = match &review_url {
        Some(url) => {
            NextStep::human(format!("it joined the open review; ask the human to decide at {url}"), url.clone())
        }
        None if is_draft => {
            NextStep::call("ask for publication, which bundles this request", "mcpbox_request_publish", tool.clone())
        }
        None => {
            let page = cat.admin_page("approvals");
            NextStep::human(format!("ask the human to decide at {page}"), page)
        }
    };
    let poll = NextStep::call("poll its status", "mcpbox_get_tool_status", tool);
    let installs = matches!(capability, Capability::Package(_)).then(|| {
        NextStep::say("it is being resolved to exact versions for the human to see; approved, it is installed, and tests and calls use it")
    });
    RequestReport {
        tool: name,
        capability,
        state: GrantState::Pending,
        review_id: review.map(|review| review.id),
        review_url,
        next: [first].into_iter().chain(installs).chain([poll]).collect(),
    }
}

fn checked_module(name: &str) -> Result<&str, CatalogError> {
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = !name.is_empty()
        && name.len() <= MODULE_MAX_BYTES
        && name.chars().all(is_name)
        && !name.starts_with(['.', '-']);
    if fits && !name.ends_with('.') && !name.contains("..") {
        return Ok(name);
    }
    let message = format!("'{}' is no module or package name", nearest::shown(name));
    let hint = match name.contains(['<', '>', '=', '~', '!']) {
        true => {
            "give the bare name here, and versions with the argument package: module_name pandas, package pandas>=2"
        }
        false => "give one dotted module name, such as xml.dom.minidom",
    };
    Err(Failure::new(FailureKind::InvalidArguments, message).hint(hint).into())
}

/// A package by its own name.
fn package_or_refusal(module: &str, package: &str, network: bool) -> Result<Wanted, Failure> {
    let rule = PackageRule::parse(package).map_err(|error| {
        Failure::new(FailureKind::InvalidArguments, error.to_string())
            .hint("give its name in the package index, such as pyyaml, and versions like pyyaml>=6")
    })?;
    if mcpbox_analysis::is_stdlib(module) {
        let message = format!("{module} belongs to the standard library, not to a package {}", rule.name);
        return Err(Failure::new(FailureKind::InvalidArguments, message)
            .hint("leave out the argument package, or name the module that the code imports from it"));
    }
    if mcpbox_analysis::is_base_package(module) {
        let message = format!("every tool has {module} in the version of this MCPbox");
        return Err(Failure::new(FailureKind::InvalidArguments, message).hint("import it without asking"));
    }
    let derived = PackageRule::named(mcpbox_analysis::distribution(module)).name;
    // `module_name` may also be the package's own name, for one that no import shows.
    let is_itself = derived == rule.name || PackageRule::named(module).name == rule.name;
    Ok(Wanted::Grant(Capability::Package(PackageRule { provides: (!is_itself).then_some(derived), network, ..rule })))
}

fn module_or_refusal(module: &str, policy: CodePolicy, network: bool) -> Result<Wanted, Failure> {
    let is_default = mcpbox_analysis::default_modules().contains(&module);
    if is_default || (policy == CodePolicy::Standard && mcpbox_analysis::is_stdlib(module)) {
        return Ok(Wanted::Given(Capability::Module { name: module.to_owned() }));
    }
    if mcpbox_analysis::is_base_package(module) {
        return Ok(Wanted::Given(Capability::Module { name: module.to_owned() }));
    }
    let with_network = |capability| match capability {
        Capability::Package(rule) => Capability::Package(PackageRule { network, ..rule }),
        other => other,
    };
    module_capability(module, policy).map(with_network).map(Wanted::Grant).ok_or_else(|| {
        Failure::new(FailureKind::ImportDenied, format!("{module} is never granted under the strict code policy"))
            .hint("write it without, or ask the human to set the server's code policy to 'standard'")
            .next("mcpbox_get_server_modules", json!({}))
    })
}

fn checked_host(host: &str, port: Option<u16>) -> Result<HostRule, CatalogError> {
    let invalid = |message: String| {
        let failure = Failure::new(FailureKind::InvalidArguments, message);
        CatalogError::from(failure.hint("give one exact host name, without scheme or path, and the port by itself"))
    };
    let rule = HostRule::parse(host).map_err(|error| invalid(error.to_string()))?;
    if port == Some(0) {
        return Err(invalid("the port must be a number from 1 to 65535".to_owned()));
    }
    if let (Some(in_host), Some(port)) = (rule.port, port)
        && in_host != port
    {
        return Err(invalid(format!("the host says port {in_host}, the port argument says {port}")));
    }
    if is_never_reachable(&rule.host) {
        let failure = Failure::new(
            FailureKind::HostDenied,
            format!("{} is never reachable from a tool, whatever is granted", rule.host),
        );
        return Err(failure
            .hint("loopback, link-local and metadata addresses stay closed; use the host's LAN name or address")
            .into());
    }
    // The default ports need no rule of their own; an explicit one is kept when it was asked for.
    Ok(HostRule { port: port.or(rule.port), ..rule })
}
