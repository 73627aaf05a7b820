//! What people and authors are told about packages.

use std::{collections::BTreeMap, sync::Arc};

use mcpbox_core::{
    execute::{Environment, LockedEnvironment},
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::ReviewId,
    package::{PackageOrigin, Requirements, Resolution, ResolutionState, ResolvedPackage, VulnerabilityCheck},
    review::{Review, ReviewState},
};
use mcpbox_store::{resolutions, reviews};
use serde::Serialize;

use super::{InstallState, Set, ensure_resolution, resolving::begin_installing};
use crate::{
    Catalog, CatalogError, PublishedTool, Reviewer, bundle::join_open_review, change::Change, error::refused, load,
    needs::Standing, withheld::KnownTool,
};

/// The packages of a review.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageReport {
    /// What the tool would run with.
    pub requirements: Requirements,
    /// Where its resolution stands.
    pub state: ResolutionState,
    /// Why it failed.
    pub reason: Option<String>,
    /// Names the exact set of files.
    pub lock: Option<ContentHash>,
    /// Exact versions, those that were asked for first.
    pub packages: Vec<ResolvedPackage>,
    /// Whether packages may speak HTTP by themselves, to granted hosts.
    pub network: bool,
    /// Whether it is installed here.
    pub install: InstallState,
    /// All of it in a sentence or two.
    pub consequence: String,
}

/// An environment that published tools run in.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvironmentReport {
    /// Names the exact set of files.
    pub lock: ContentHash,
    /// Whether packages may speak HTTP by themselves.
    pub network: bool,
    /// What was asked for.
    pub requirements: Requirements,
    /// Exact versions: `pandas==3.1.1`.
    pub packages: Vec<String>,
    /// Whether it is installed here.
    pub install: InstallState,
    /// The tools that run in it.
    pub tools: Vec<String>,
}

pub(crate) use super::installs::failure as install_failure;

/// The packages of a review; none when it asks for none.
pub(crate) async fn of_review(
    cat: &Catalog,
    review: &Review,
    standing: &Standing,
) -> Result<Option<PackageReport>, CatalogError> {
    let Some(set) = Set::with_requested(standing, &review.requested) else { return Ok(None) };
    let resolution = resolutions::by_id(&cat.store.reader(), &set.id()).await?;
    Ok(Some(report(cat, set, resolution)))
}

fn report(cat: &Catalog, set: Set, resolution: Option<Resolution>) -> PackageReport {
    let state = resolution.as_ref().map_or(ResolutionState::Pending, |resolution| resolution.state);
    let (reason, lock, mut packages) = match resolution {
        Some(resolution) => (resolution.reason, resolution.lock.map(|lock| lock.hash), resolution.packages),
        None => (None, None, Vec::new()),
    };
    packages.sort_by_key(|package| (package.origin != PackageOrigin::Requested, package.origin == PackageOrigin::Base));
    let install = lock.as_ref().map_or(InstallState::NotInstalled, |lock| {
        cat.installs.state(&LockedEnvironment { lock: lock.clone(), network: set.network })
    });
    let consequence = consequence(state, reason.as_deref(), &packages, set.network);
    PackageReport {
        requirements: set.requirements,
        state,
        reason,
        lock,
        packages,
        network: set.network,
        install,
        consequence,
    }
}

fn consequence(state: ResolutionState, reason: Option<&str>, packages: &[ResolvedPackage], network: bool) -> String {
    match state {
        ResolutionState::Pending => {
            "The packages are being resolved. Approval is possible once it is known what would be installed.".into()
        }
        ResolutionState::Failed => format!(
            "The packages cannot be resolved, so this cannot be approved: {}. Make the package index reachable and try again, or send it back.",
            reason.unwrap_or("the reason was not kept")
        ),
        ResolutionState::Resolved => {
            let foreign: Vec<&ResolvedPackage> =
                packages.iter().filter(|package| package.origin != PackageOrigin::Base).collect();
            let asked = foreign.iter().filter(|package| package.origin == PackageOrigin::Requested).count();
            let bytes: u64 = foreign.iter().filter_map(|package| package.size_bytes).sum();
            let noun = if foreign.len() == 1 { "package" } else { "packages" };
            let size = if bytes > 0 { format!(" ({:.1} MB to download)", bytes as f64 / 1e6) } else { String::new() };
            let reach = if network {
                "They may speak HTTP by themselves, to hosts granted to the tool and no others."
            } else {
                "They have no network of their own."
            };
            format!(
                "Approval installs {} {noun}{size}, {asked} asked for by name, from the package index; their code then runs in the sandbox with the tool. {reach} {}",
                foreign.len(),
                known_vulnerabilities(packages)
            )
        }
    }
}

fn known_vulnerabilities(packages: &[ResolvedPackage]) -> String {
    let mut not_checked = None;
    let mut found = BTreeMap::new();
    for package in packages {
        match &package.vulnerabilities {
            VulnerabilityCheck::NotChecked { reason } => not_checked = Some(reason),
            VulnerabilityCheck::Checked { found: known } if !known.is_empty() => {
                found.insert(format!("{} {}", package.name, package.version), known.len());
            }
            VulnerabilityCheck::Checked { .. } => {}
        }
    }
    match (not_checked, found.is_empty()) {
        (Some(reason), _) => format!("Known vulnerabilities: not checked ({reason})."),
        (None, true) => "Known vulnerabilities: none.".into(),
        (None, false) => {
            let named: Vec<String> =
                found.into_iter().map(|(package, count)| format!("{package} has {count}")).collect();
            format!("Known vulnerabilities: {}.", named.join(", "))
        }
    }
}

/// What its author should know of a tool's packages: what keeps the open review from approval, or the live version from running.
pub(crate) async fn of_author(
    cat: &Catalog,
    tool: &KnownTool,
    open: Option<&Review>,
    standing: &Standing,
) -> Result<Option<String>, CatalogError> {
    if let Some(review) = open
        && let Some(report) = of_review(cat, review, standing).await?
        && report.state != ResolutionState::Resolved
    {
        return Ok(Some(report.consequence));
    }
    let snapshot = cat.snapshot();
    let published = snapshot.published().iter().find(|published| published.tool_id == tool.tool.id);
    Ok(published.and_then(|published| obstacle(cat, published)))
}

/// Why a published tool cannot run for its packages, in words; none when it can.
fn obstacle(cat: &Catalog, tool: &PublishedTool) -> Option<String> {
    if let Some(failure) = &tool.refused {
        return Some(failure.message.clone());
    }
    let Environment::Locked(environment) = &tool.program.environment else { return None };
    install_failure(&cat.installs.state(environment)).err().map(|failure| failure.message)
}

/// The environments that published tools run in, and how they are.
///
/// # Errors
/// The store cannot be read.
pub async fn list(cat: &Catalog) -> Result<Vec<EnvironmentReport>, CatalogError> {
    let snapshot = cat.snapshot();
    let mut tools: BTreeMap<&LockedEnvironment, Vec<String>> = BTreeMap::new();
    for tool in snapshot.published().iter().filter(|tool| tool.refused.is_none()) {
        if let Environment::Locked(environment) = &tool.program.environment {
            tools.entry(environment).or_default().push(tool.name.clone());
        }
    }
    let mut reports = Vec::with_capacity(tools.len());
    for (environment, tools) in tools {
        let Some(resolution) = resolutions::by_lock(&cat.store.reader(), &environment.lock).await? else { continue };
        reports.push(EnvironmentReport {
            lock: environment.lock.clone(),
            network: environment.network,
            requirements: resolution.requirements,
            packages: resolution
                .packages
                .iter()
                .map(|package| format!("{}=={}", package.name, package.version))
                .collect(),
            install: cat.installs.state(environment),
            tools,
        });
    }
    Ok(reports)
}

/// Installs the environments of a lock again, in the background, after an operator mended what was wrong.
///
/// # Errors
/// `not_found` when no published tool runs in it.
pub async fn rebuild(cat: &Arc<Catalog>, reviewer: &Reviewer, lock: &ContentHash) -> Result<(), CatalogError> {
    let snapshot = cat.snapshot();
    let of_lock = |environment: &&Environment| matches!(environment, Environment::Locked(found) if found.lock == *lock);
    let environments: Vec<&Environment> = snapshot.environments().filter(of_lock).collect();
    if environments.is_empty() {
        let failure =
            Failure::new(FailureKind::NotFound, format!("no published tool runs with the packages of lock {lock}"));
        return Err(failure.hint("mcpbox package list shows the locks").into());
    }
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    change.audit("packages.install", format!("lock:{lock}"), serde_json::json!({})).await?;
    change.commit().await?;
    for environment in environments {
        if let Environment::Locked(environment) = environment {
            begin_installing(cat, environment, true);
        }
    }
    Ok(())
}

/// Resolves the packages of an open review again, after a failure.
///
/// # Errors
/// `not_found`; `conflict` when it asks for no packages or is decided.
pub async fn retry(cat: &Arc<Catalog>, reviewer: &Reviewer, review: ReviewId) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let review = reviews::by_id(&change.tx, review)
        .await?
        .ok_or_else(|| refused(FailureKind::NotFound, format!("there is no review {review}")))?;
    let loaded = load::tool(&change.tx, review.tool_id).await?;
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    match Set::with_requested(&standing, &review.requested).filter(|_| review.state == ReviewState::Open) {
        Some(set) => ensure_resolution(&mut change, &set, true).await?,
        None => return Err(refused(FailureKind::Conflict, "this review is decided, or asks for no packages")),
    };
    join_open_review(&mut change, &loaded).await?;
    if change.has_done_something() {
        change.commit().await?;
    }
    Ok(())
}
